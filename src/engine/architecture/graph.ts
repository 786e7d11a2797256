import type { onnx } from "onnx-proto";
import { messageOf, UserError } from "../../shared/errors";
import { batchNormReason } from "../../shared/batch-norms";
import { formatFamily } from "../../shared/family";
import { asClause } from "../../shared/format";
import { batchNormsOf } from "../batch-norms";
import type { Checkpoint } from "../checkpoint/checkpoint";
import { intAttribute } from "../graph/attributes";
import { everywhere, flattened } from "../graph/bodies";
import { channelsOf } from "../graph/channels";
import { normPlace } from "../graph/find/norm-place";
import { viewOf } from "../graph/find/view";
import { countDropout, withoutDropout } from "../graph/dropout";
import { distinct } from "../graph/distinct";
import { castFeeds, type DeclaredInput } from "../graph/feeds";
import { withoutFunctions } from "../graph/functions";
import { inputNames, type Graph, type Value } from "../graph/graph";
import { withFloat32Taps } from "../graph/half-precision";
import { findAllNorms } from "../graph/inner-norms";
import { inputValues, type NormNode } from "../graph/norms";
import { prunedTo } from "../graph/prune";
import { handSumsOn } from "../graph/sums";
import { wholeGraph } from "../graph/whole";
import type { GraphInput } from "../input/input";
import type { Architecture } from "./architecture";

/**
 * A model that comes as a graph, whatever it is: one stage, of which only what the norms need is run.
 * @throws UserError where it has no norm layer, or takes something else than numbers.
 */
export function graphArchitecture(checkpoint: Checkpoint, whole: Graph): Architecture {
  const { path, leftOut } = checkpoint;
  const { graph: own, inputs } = refusing(path, () => prepared(whole));
  const { graph, norms: found, hidden } = findAllNorms(own);
  if (found.length === 0) throw withoutNorms(checkpoint, hidden, batchNormsOf({ graph: whole, tensors: new Map() }).length);
  const tapped = withFloat32Taps(graph, found);
  const run = prunedTo(tapped.graph, tapped.norms.flatMap((norm) => [...inputValues(norm), ...parametersOf(norm)]));
  const input = inputOf(run, inputs);
  const all = wholeGraph(tapped.graph, tapped.norms, new Set(input.feeds.map(({ name }) => name)));
  return {
    name: nameOf(checkpoint, whole),
    width: widthOf(whole, found),
    depth: blocksOf(found),
    isLanguageModel: givesLogits(whole, input),
    input,
    stages: [{ name: "graph", build: () => run, norms: tapped.norms }],
    ...(all && { whole: { name: "graph", build: () => all, norms: tapped.norms } }),
    assumptions: [...(leftOut === undefined ? [] : [leftOut]), ...remarkOnDropout(whole), ...(hidden === 0 ? [] : [`${hidden} norm ${hidden === 1 ? "layer stands" : "layers stand"} in a part of the graph whose inside can't be watched, and ${hidden === 1 ? "was" : "were"} left out.`])],
  };
}

/** Constants that are read of a norm, though nothing that runs may need them. */
function parametersOf({ gain, offset, trained }: NormNode): Value[] {
  return [gain, offset, trained?.alpha, trained?.shift].filter((value) => value !== undefined);
}

function remarkOnDropout({ model }: Graph): string[] {
  return countDropout(flattened(withoutFunctions(model))) === 0 ? [] : ["The graph can drop values at random, as in training; it was run without, as in use."];
}

function withoutNorms({ path, leftOut }: Checkpoint, hidden: number, batchNorms: number): UserError {
  if (leftOut !== undefined) return new UserError(`${path} has no norm layer in the part that is read; ${asClause(leftOut)}.`);
  if (hidden === 0 && batchNorms > 0) return new UserError(`${path} has batch norms alone (${batchNorms}), which are no candidates: ${batchNormReason}; choose a model with layer norms.`);
  const what = hidden === 0 ? "no norm layer that NormLens knows; if there is one" : "norm layers in a part of the graph alone whose inside can't be watched; export it without, or";
  return new UserError(`${path} has ${what}${hidden === 0 ? "," : ""} record its input in a capture file (docs/capture.md) and run "normlens fit" on that.`);
}

/** Functions written out, sums handed on, inputs of types that can be fed. */
function prepared(whole: Graph): { graph: Graph; inputs: DeclaredInput[] } {
  const own = distinct({ ...whole.model.graph, node: withoutFunctions(whole.model) });
  const node = everywhere(own.node ?? [], (nodes) => withoutDropout(handSumsOn(nodes)));
  refuseDisorder(node);
  return castFeeds({ ...whole, model: { ...whole.model, functions: [], graph: { ...own, node } } });
}

/** ONNX has nodes in an order in which they can run, so that no value depends on itself. */
function refuseDisorder(nodes: readonly onnx.INodeProto[]): void {
  const last = new Map(nodes.flatMap(({ output }, index) => (output ?? []).map((value) => [value, index] as const)));
  const early = nodes.find(({ input }, index) => (input ?? []).some((value) => value !== "" && (last.get(value) ?? -1) >= index));
  if (early) throw new Error("its nodes are not in an order in which they can run");
}

function refusing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UserError(`${path} can't be analysed, as ${messageOf(error)}; record its norm inputs in a capture file (docs/capture.md) instead.`, { cause: error });
  }
}

/** What a graph stands as for a family: "onnx", "tensorflow" or "keras". */
export function graphFamily({ format }: Pick<Checkpoint, "format">): string {
  const families: Readonly<Record<string, string>> = { savedmodel: "tensorflow", tfjs: "tensorflow", keras: "keras", hdf5: "keras" };
  return families[format] ?? "onnx";
}

function nameOf({ config, format }: Checkpoint, { model }: Graph): string {
  const classes = config?.["architectures"];
  const stated: unknown = Array.isArray(classes) ? classes[0] : undefined;
  return typeof stated === "string" ? stated : (model.graph?.name ?? "") || formatFamily(graphFamily({ format }));
}

/** The number of blocks that the names of its norms tell of. */
function blocksOf(norms: readonly NormNode[]): number {
  const told = new Set(norms.map(({ name }) => name));
  return new Set(norms.flatMap(({ name }) => normPlace(name, told).block ?? [])).size;
}

/** The most frequent number of channels of its norms. */
function widthOf(graph: Graph, norms: readonly NormNode[]): number {
  const counts = new Map<number, number>();
  for (const channels of norms.map((norm) => channelsOf(graph, norm)).filter((one) => one > 0)) counts.set(channels, (counts.get(channels) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 0;
}

/** Operators between ids and the table that they look up. */
const shaping: readonly string[] = ["Cast", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose"];

/** What the graph is fed, with the bounds of ids, which look up rows of tables. */
function inputOf(graph: Graph, declared: readonly DeclaredInput[]): GraphInput {
  const view = viewOf(graph);
  const fed = new Set(inputNames(graph));
  const rowsLookedUp = (value: Value): number[] =>
    view.consumers(value).flatMap((node) => {
      if (shaping.includes(node.opType ?? "") && node.input?.[0] === value) return rowsLookedUp(node.output?.[0] ?? "");
      // Keras counts negative ids from the end, and hands on all others.
      if (node.opType === "Where" && node.input?.[2] === value) return rowsLookedUp(node.output?.[0] ?? "");
      const isLookUp = node.opType === "Gather" && node.input?.[1] === value && intAttribute(node, "axis", 0) === 0;
      const rows = isLookUp ? view.constants.shape(node.input?.[0] ?? "")?.[0] : undefined;
      return rows === undefined ? [] : [rows];
    });
  return {
    modality: "graph",
    feeds: declared.filter(({ name }) => fed.has(name)).map((input) => {
      const rows = input.type === "int64" ? rowsLookedUp(input.name) : [];
      return { ...input, ...(rows.length > 0 && { bound: Math.min(...rows) }) };
    }),
  };
}

/** A language model gives a number for each id that it may be fed. */
function givesLogits({ model }: Graph, { feeds }: GraphInput): boolean {
  const sizes = new Set(feeds.flatMap(({ bound }) => (bound === undefined ? [] : [bound])));
  return (model.graph?.output ?? []).some(({ type }) => {
    const dimensions = type?.tensorType?.shape?.dim ?? [];
    return dimensions.length === 3 && sizes.has(Number(dimensions[2]!.dimValue ?? 0));
  });
}
