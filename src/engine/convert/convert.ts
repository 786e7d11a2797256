import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { version } from "../../../package.json";
import { hasAlpha } from "../../shared/alpha";
import type { Conversion, ConvertRequest, ConvertedLayer, ValuesSource } from "../../shared/conversion";
import { UserError } from "../../shared/errors";
import type { ReplacementCurve } from "../../shared/replacement";
import { analyzeCheckpoint, type RunContext } from "../analyze";
import { recogniseModel } from "../architecture/families";
import type { Checkpoint } from "../checkpoint/checkpoint";
import { openCheckpoint } from "../checkpoint/formats";
import { writeStages } from "../forward";
import { mediaPath } from "../media-path";
import { readNorm } from "../norm-measurements";
import { surveyNorms, unreachedNorms, type SurveyedNorm } from "../survey";
import { copyCompanions } from "./companions";
import { notedConfiguration } from "./configuration-note";
import { madeTensors } from "./made-tensors";
import { modelCard } from "./model-card";
import { planConversion, type Plan, type ValuesOf } from "./plan";
import { bytesOf, planShards, shardIndex } from "./shards";
import { TargetFolder } from "./target-folder";
import { readValuesFile } from "./values-file";
import { writeShard } from "./write-shard";

/**
 * Writes a checkpoint anew, in a folder of its own, with element-wise layers in the place of its norms; the original is only read.
 * @throws UserError where the checkpoint, the values or the disk do not allow it; CancelledError where it is stopped. Nothing is left behind then.
 */
export async function convertCheckpoint(request: ConvertRequest, context: RunContext): Promise<Conversion> {
  const folder = await TargetFolder.create(request.target);
  return folder.filledBy(async () => {
    context.onProgress({ phase: "open", done: 0, total: 1 });
    const checkpoint = await openCheckpoint(request.analysis.checkpoint);
    if (checkpoint.graph) throw new UserError(`${checkpoint.path} is an ONNX graph, which can't be converted yet; convert the checkpoint that it was exported from.`);
    const { family, architecture } = recogniseModel(checkpoint);
    const stages = writeStages(architecture.stages);
    const survey = surveyNorms(stages);
    const { source, valuesOf } = await valuesFor(request, survey, context);
    const plan = planConversion(checkpoint.path, survey, request, valuesOf);
    const unreached = unreachedNorms(checkpoint, stages).map((name) => ({ name, reason: `the forward pass of the family ${family} does not reach it` }));
    const facts = { source, family, layers: plan.replaced.map(layerOf), kept: [...plan.kept, ...unreached] };
    const written = await writeFolder(folder.path, checkpoint, plan, { request, facts, context });
    return { target: request.target, ...facts, ...written };
  });
}

const noteText = "Norm layers are replaced by element-wise ones: load the model with dyt.py, not as it is.";

/** What is told of a conversion before anything is written. */
type Facts = Pick<Conversion, "source" | "family" | "layers" | "kept">;

/** Fits the model, or reads the values that were given. */
async function valuesFor({ values, analysis }: ConvertRequest, survey: ReadonlyMap<string, SurveyedNorm>, context: RunContext): Promise<{ source: ValuesSource; valuesOf: ValuesOf }> {
  if (values === undefined) return fitted(analysis, context);
  const norms = await Promise.all([...survey.values()].map(readNorm));
  const given = await readValuesFile(values, new Map(norms.map((norm) => [norm.name, norm])));
  return {
    source: { kind: "file", path: values },
    valuesOf: ({ name }) => {
      const found = given.get(name);
      return found ? { values: found } : { reason: "there are no values for it" };
    },
  };
}

async function fitted(analysis: ConvertRequest["analysis"], context: RunContext): Promise<{ source: ValuesSource; valuesOf: ValuesOf }> {
  const { result, measured } = await analyzeCheckpoint(analysis, context);
  const layers = new Map(result.layers.map((layer) => [layer.name, layer]));
  const fits = new Map(measured.map(({ layer, channelFit }) => [layer.name, channelFit]));
  return {
    source: { kind: "fit", input: result.input },
    valuesOf: ({ name }) => {
      const [layer, fit] = [layers.get(name), fits.get(name)];
      if (layer === undefined || fit === undefined || layer.fit.status === "no-data") return { reason: "no input of it was seen" };
      if (!hasAlpha(layer)) return { reason: "its input did not vary, so no alpha is determined" };
      return { values: { curve: "tanh", alpha: fit.alpha, shift: 0, gain: fit.gain, offset: fit.offset }, r2: layer.perChannel.r2 };
    },
  };
}

function layerOf({ node: { name, role }, values: { alpha, gain }, r2 }: Plan["replaced"][number]): ConvertedLayer {
  return { name, role, channels: gain.length, alpha, ...(r2 !== undefined && { r2 }) };
}

interface Writing {
  readonly request: ConvertRequest;
  readonly facts: Facts;
  readonly context: RunContext;
}

async function writeFolder(folder: string, checkpoint: Checkpoint, plan: Plan, { request, facts, context }: Writing): Promise<Pick<Conversion, "files" | "bytes">> {
  const curve = curveOf(plan, request);
  const shards = await planShards(checkpoint, new Set(plan.replaced.flatMap(({ tensors }) => tensors)), plan.replaced.flatMap((norm) => madeTensors(norm, request.names)));
  const bytes = bytesOf(shards);
  let done = 0;
  for (const shard of shards) {
    await writeShard(folder, shard, {
      signal: context.signal,
      onBytes: (count) => {
        done += count;
        context.onProgress({ phase: "write", stage: shard.name, done, total: bytes });
      },
    });
  }
  const index = shardIndex(shards);
  const config = await notedConfiguration(checkpoint, { version, note: noteText, curve, names: request.names, layers: facts.layers.map(({ name }) => name) });
  const texts = new Map<string, string>([
    ...(index ? [[index.name, `${JSON.stringify(index.content, undefined, 2)}\n`] as const] : []),
    ...(config ? [["config.json", config] as const] : []),
    ["README.md", modelCard({ checkpoint: checkpoint.path, target: request.target, ...facts, curve, names: request.names, isLoadable: config !== undefined && Array.isArray(checkpoint.config?.["architectures"]) })],
  ]);
  const companions = await copyCompanions(checkpoint, folder);
  await copyFile(mediaPath("dyt.py"), join(folder, "dyt.py"));
  for (const [name, text] of texts) await writeFile(join(folder, name), text);
  return { files: [...shards.map(({ name }) => name), ...texts.keys(), ...companions, "dyt.py"].sort(), bytes };
}

/** The curve of all layers: the module that loads them is of one class. */
function curveOf({ replaced }: Plan, { values, names }: ConvertRequest): ReplacementCurve {
  const curves = [...new Set(replaced.map(({ values: { curve } }) => curve))];
  const [curve] = curves;
  if (curve === undefined || curves.length > 1) throw new UserError(`${values ?? "The fit"} has layers of several curves (${curves.join(", ")}); give values of one.`);
  if (curve !== "tanh" && names !== "official") throw new UserError(`${values ?? "The fit"} has ${curve} in the place of tanh, for which ${names} has no names; ask for the official ones.`);
  return curve;
}
