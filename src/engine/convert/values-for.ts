import { hasAlpha } from "../../shared/alpha";
import type { ConvertRequest, InOrderFit, ValuesSource } from "../../shared/conversion";
import type { Result } from "../../shared/result";
import { weightsPathOf } from "../../shared/weights-path";
import { analyzeCheckpoint, type RunContext } from "../analyze";
import { readNorm } from "../norm-measurements";
import { isResultFile, readResult } from "../result-file";
import type { SurveyedNorm } from "../survey";
import { isWanted, type ValuesOf } from "./plan";
import { readValuesFile } from "./values-file";
import { valuesInOrder } from "./values-in-order";

/** Values for the norms of a model, and where they come from. */
export interface FoundValues {
  readonly source: ValuesSource;
  readonly valuesOf: ValuesOf;
}

/**
 * Runs the model and takes what is fitted to its norms, or reads the values that were given.
 * @throws UserError, CancelledError
 */
export async function valuesFor(request: ConvertRequest, survey: ReadonlyMap<string, SurveyedNorm>, context: RunContext): Promise<FoundValues> {
  const { values, inOrder } = request;
  if (values === undefined) return inOrder === undefined ? fitted(request.analysis, context) : fittedInOrder(request, inOrder, context);
  return await isResultFile(values) ? ofResult(values, survey) : { source: { kind: "file", path: values }, valuesOf: await given(values, survey) };
}

async function given(path: string, survey: ReadonlyMap<string, SurveyedNorm>, only?: ReadonlySet<string>): Promise<ValuesOf> {
  const norms = await Promise.all([...survey.values()].map(readNorm));
  const known = await readValuesFile(path, new Map(norms.map((norm) => [norm.name, norm])), only);
  return ({ name }) => {
    const values = known.get(name);
    if (values) return { values };
    return { reason: only?.has(name) === false ? "it was none of the layers whose replacing was measured" : "there are no values for it" };
  };
}

/** The values that stand beside a result: what is fitted to every norm, or, where replacing was measured, what the cheapest method gives. */
async function ofResult(path: string, survey: ReadonlyMap<string, SurveyedNorm>): Promise<FoundValues> {
  const { input, replacement, layers } = await readResult(path);
  const valuesOf = await given(weightsPathOf(path), survey, replacement && new Set(replacement.layers.map(({ name }) => name)));
  const r2 = new Map(layers.map((layer) => [layer.name, layer.perChannel.r2]));
  return {
    source: { kind: "result", path, input, ...(replacement && { replacement }) },
    valuesOf: (norm) => {
      const found = valuesOf(norm);
      const known = replacement === undefined ? r2.get(norm.name) : undefined;
      return "values" in found && known !== undefined ? { ...found, r2: known } : found;
    },
  };
}

async function fitted(analysis: ConvertRequest["analysis"], context: RunContext): Promise<FoundValues> {
  const { result, measured } = await analyzeCheckpoint(analysis, context);
  const layers = new Map(result.layers.map((layer) => [layer.name, layer]));
  const fits = new Map(measured.map((one) => [one.layer.name, one]));
  return {
    source: fitOf(result),
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

/** Layer after layer, as far as layers are asked for. */
async function fittedInOrder(request: ConvertRequest, inOrder: InOrderFit, context: RunContext): Promise<FoundValues> {
  const { analysis: { result }, values, kept } = await valuesInOrder(request.analysis, ({ node }) => isWanted(request, node), inOrder, context);
  const reasons = new Map(kept.map(({ name, reason }) => [name, reason]));
  return {
    source: { ...fitOf(result), inOrder },
    valuesOf: ({ name }) => {
      const found = values.get(name);
      return found ? { values: found } : { reason: reasons.get(name) ?? "no input of it was seen" };
    },
  };
}

function fitOf({ input, engine: { fallback }, warnings }: Result): ValuesSource & { readonly kind: "fit" } {
  const inputWarnings = warnings.filter(({ code }) => code === "input").map(({ message }) => message);
  return { kind: "fit", input, inputWarnings, ...(fallback && { fallback }) };
}
