import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { version } from "../../../package.json";
import type { Conversion, ConvertRequest, ConvertedLayer, ValuesSource } from "../../shared/conversion";
import { engineLabel } from "../../shared/engines";
import { UserError } from "../../shared/errors";
import { otherLayersWarning } from "../../shared/other-layers";
import type { ReplacementCurve } from "../../shared/replacement";
import type { RunContext } from "../analyze";
import { recogniseModel } from "../architecture/families";
import type { Checkpoint } from "../checkpoint/checkpoint";
import { openCheckpoint } from "../checkpoint/formats";
import { checkRunnable, checkWhole } from "../checkpoint/runnable";
import { writeStages } from "../forward";
import { refuseUnknownCurve } from "../graph/known-curves";
import { mediaPath } from "../media-path";
import { surveyNorms, unreachedNorms } from "../survey";
import { copyCompanions } from "./companions";
import { notedConfiguration } from "./configuration-note";
import { convertedGraph } from "./converted-graph";
import type { Watching } from "./copy-tensor";
import { madeTensors } from "./made-tensors";
import { modelCard } from "./model-card";
import { planConversion, type Plan } from "./plan";
import { bytesOf, planShards, shardIndex } from "./shards";
import { TargetFolder } from "./target-folder";
import { valuesFor } from "./values-for";
import { writeGraph } from "./write-graph";
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
    checkRunnable(checkpoint);
    checkWhole(checkpoint);
    const { family, architecture } = recogniseModel(checkpoint);
    const stages = writeStages(architecture.stages);
    const survey = surveyNorms(stages);
    const { source, valuesOf } = await valuesFor(request, survey, context);
    const plan = planConversion(checkpoint, survey, request, valuesOf);
    const curve = curveOf(plan, request, checkpoint);
    const unreached = unreachedNorms(checkpoint, stages).map((name) => ({ name, reason: `the forward pass of the family ${family} does not reach it` }));
    const layers = plan.replaced.map(layerOf);
    const facts = { target: request.target, source, family, layers, kept: [...plan.kept, ...unreached], warnings: warningsOf(source, layers) };
    const weights = await writeWeights(folder.path, checkpoint, plan, curve, request, context);
    const others = await writeOthers(folder.path, checkpoint, facts, curve, request, context.signal);
    return { ...facts, files: [...weights.files, ...others].sort(), bytes: weights.bytes };
  }, context.signal);
}

function warningsOf(source: ValuesSource, layers: readonly ConvertedLayer[]): string[] {
  if (source.kind === "fit") {
    const { inputWarnings, fallback } = source;
    return [...inputWarnings, ...(fallback ? [`${engineLabel(fallback)} failed while the model ran (${fallback.reason}); another engine took over.`] : [])];
  }
  const others = source.kind === "result" && source.replacement ? otherLayersWarning(source.replacement, layers.map(({ name }) => name)) : undefined;
  return others === undefined ? [] : [others];
}

/** What is told of a conversion beside what was written. */
type Facts = Omit<Conversion, "files" | "bytes">;

type Written = Pick<Conversion, "files" | "bytes">;

function layerOf({ node: { name, role }, values: { alpha, gain }, r2 }: Plan["replaced"][number]): ConvertedLayer {
  return { name, role, channels: gain.length, alpha, ...(r2 !== undefined && { r2 }) };
}

/** The curve of all layers: the module that loads them is of one class. */
function curveOf({ replaced }: Plan, { values, names }: ConvertRequest, { path, graph }: Checkpoint): ReplacementCurve {
  const curves = [...new Set(replaced.map(({ values: { curve } }) => curve))];
  const [curve] = curves;
  if (curve === undefined || curves.length > 1) throw new UserError(`${values ?? "The fit"} has layers of several curves (${curves.join(", ")}); give values of one.`);
  if (graph) refuseUnknownCurve(path, graph, curve);
  if (names === "official") return curve;
  if (graph) throw new UserError(`${path} is a graph, whose layers have no parameters with the names of ${names}; leave the names out.`);
  if (curve !== "tanh") throw new UserError(`${values ?? "The fit"} has ${curve} in the place of tanh, for which ${names} has no names; ask for the official ones.`);
  return curve;
}

async function writeWeights(folder: string, checkpoint: Checkpoint, plan: Plan, curve: ReplacementCurve, { names }: ConvertRequest, context: RunContext): Promise<Written> {
  if (checkpoint.graph) {
    const replaced = new Map(plan.replaced.map(({ node, values }) => [node.name, values]));
    const graph = convertedGraph(checkpoint.graph, ({ name }) => replaced.get(name));
    const bytes = [...graph.weights.values()].reduce((sum, { length }) => sum + length, 0);
    return { files: await writeGraph(folder, checkpoint, graph, watching(context, bytes)), bytes };
  }
  const shards = await planShards(checkpoint, new Set(plan.replaced.flatMap(({ tensors }) => tensors)), plan.replaced.flatMap((norm) => madeTensors(norm, names)));
  const bytes = bytesOf(shards);
  const watched = watching(context, bytes);
  for (const shard of shards) await writeShard(folder, shard, curve, watched);
  const index = shardIndex(shards);
  if (index) await writeFile(join(folder, index.name), `${JSON.stringify(index.content, undefined, 2)}\n`);
  return { files: [...shards.map(({ name }) => name), ...(index ? [index.name] : [])], bytes };
}

/** Bytes after which progress is told again. */
const toldAfter = 2 ** 24;

function watching({ signal, onProgress }: RunContext, total: number): Watching {
  let done = 0;
  let told = -Infinity;
  return {
    signal,
    onBytes: (count) => {
      done += count;
      if (done - told < toldAfter) return;
      told = done;
      onProgress({ phase: "copy", done, total });
    },
  };
}

const whatHappened = "Norm layers are replaced by element-wise ones";

/** Configuration, card, what belongs to the model, and for PyTorch the module. */
async function writeOthers(folder: string, checkpoint: Checkpoint, facts: Facts, curve: ReplacementCurve, { names }: ConvertRequest, signal: AbortSignal): Promise<string[]> {
  const config = await notedConfiguration(checkpoint, { version, note: checkpoint.graph ? `${whatHappened}.` : `${whatHappened}: load the model with dyt.py, not as it is.`, curve, names, layers: facts.layers.map(({ name }) => name) });
  const loader = checkpoint.graph ? "graph" : config !== undefined && Array.isArray(checkpoint.config?.["architectures"]) ? "transformers" : "own";
  const texts = new Map([...(config === undefined ? [] : [["config.json", config] as const]), ["README.md", modelCard({ checkpoint: checkpoint.path, ...facts, curve, names, loader })]]);
  for (const [name, text] of texts) await writeFile(join(folder, name), text);
  const companions = await copyCompanions(checkpoint, folder, signal);
  if (checkpoint.graph) return [...texts.keys(), ...companions];
  await copyFile(mediaPath("dyt.py"), join(folder, "dyt.py"));
  return [...texts.keys(), ...companions, "dyt.py"];
}
