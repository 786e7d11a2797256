import { hasAlpha } from "../../shared/alpha";
import type { ConvertRequest, ValuesSource } from "../../shared/conversion";
import { analyzeCheckpoint, type RunContext } from "../analyze";
import { readNorm } from "../norm-measurements";
import type { SurveyedNorm } from "../survey";
import type { ValuesOf } from "./plan";
import { readValuesFile } from "./values-file";

/** Values for the norms of a model, and where they come from. */
export interface FoundValues {
  readonly source: ValuesSource;
  readonly valuesOf: ValuesOf;
}

/**
 * Runs the model and takes what is fitted to its norms, or reads the values that were given.
 * @throws UserError, CancelledError
 */
export async function valuesFor({ values, analysis }: ConvertRequest, survey: ReadonlyMap<string, SurveyedNorm>, context: RunContext): Promise<FoundValues> {
  return values === undefined ? fitted(analysis, context) : given(values, survey);
}

async function given(path: string, survey: ReadonlyMap<string, SurveyedNorm>): Promise<FoundValues> {
  const norms = await Promise.all([...survey.values()].map(readNorm));
  const known = await readValuesFile(path, new Map(norms.map((norm) => [norm.name, norm])));
  return {
    source: { kind: "file", path },
    valuesOf: ({ name }) => {
      const values = known.get(name);
      return values ? { values } : { reason: "there are no values for it" };
    },
  };
}

async function fitted(analysis: ConvertRequest["analysis"], context: RunContext): Promise<FoundValues> {
  const { result, measured } = await analyzeCheckpoint(analysis, context);
  const layers = new Map(result.layers.map((layer) => [layer.name, layer]));
  const fits = new Map(measured.map((one) => [one.layer.name, one]));
  return {
    source: { kind: "fit", input: result.input },
    valuesOf: ({ name }) => {
      const [layer, fit] = [layers.get(name), fits.get(name)];
      if (layer === undefined || fit === undefined || layer.fit.status === "no-data") return { reason: "no input of it was seen" };
      if (!hasAlpha(layer)) return { reason: "its input did not vary, so no alpha is determined" };
      if (fit.channelShape === undefined) return { reason: "its rows do not share their channels" };
      const { alpha, gain, offset } = fit.channelFit;
      return { values: { curve: "tanh", alpha, shift: 0, gain, offset, shape: fit.channelShape }, r2: layer.perChannel.r2 };
    },
  };
}
