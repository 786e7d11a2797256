import { UserError } from "../../shared/errors";
import { writeStages, type Values, type WrittenStage } from "../forward";
import { GraphBuilder } from "../graph/builder";
import type { Graph } from "../graph/graph";
import type { Batch } from "../input/input";
import type { OpenModel } from "../open-model";
import type { Runtime } from "../runtime/runtime";
import { elementCount, type Tensor } from "../tensor";
import type { Predictor } from "./predictor";
import { score, type PredictionScores } from "./scorer";
import { runVariants, type Variant } from "./variants";

/** A model from its input to its predictions, run with norms replaced and without. */
export interface Network {
  readonly runtime: Runtime;
  readonly stages: readonly WrittenStage[];
  /** Absent where it gives no probabilities that are known. */
  readonly predictor?: Predictor;
  /** Outcomes of a prediction; 0 where unknown. */
  readonly outcomes: number;
  /** Batches can't be cut into sequences. */
  readonly wholeBatches: boolean;
}

/** Told how many steps of a piece of work are done, of how many. */
export type OnSteps = (done: number, total: number) => void;

/**
 * The whole network of an open model.
 * @throws UserError where it is a graph that gives no numbers.
 */
export async function networkOf({ architecture, stages, runtime, checkpoint }: OpenModel, batches: readonly Batch[]): Promise<Network> {
  if (!checkpoint.graph) {
    const head = architecture.head && writeStages([architecture.head])[0]!;
    const outcomes = architecture.input.modality === "text" ? architecture.input.vocabularySize : 0;
    const predictor: Predictor | undefined = head && { graph: head.graph, isCausal: architecture.isCausal === true, isPositional: architecture.isLanguageModel };
    return { runtime, stages, outcomes, wholeBatches: false, ...(predictor && { predictor }) };
  }
  if (!architecture.whole) throw new UserError(`${checkpoint.path} gives no floating-point output, so nothing tells what replacing its norms costs; export it with one.`);
  const whole = writeStages([architecture.whole]);
  const network: Network = { runtime, stages: whole, outcomes: 0, wholeBatches: true };
  return architecture.isLanguageModel ? withLogits(network, batches) : network;
}

/** Runs variants of a network and scores each against the original, whose own scores come first. */
export async function scoreVariants(network: Network, batches: readonly Batch[], variants: readonly Variant[], signal: AbortSignal, onSteps: OnSteps): Promise<PredictionScores[]> {
  const { runtime, stages, predictor, outcomes } = network;
  // Running and scoring count half each, in the runs that there are.
  let runs = 1;
  const outputs = await runVariants(runtime, stages, batches, variants, { signal, onProgress: (done, total) => { runs = total; onSteps(done, 2 * runs); } });
  const onScored: OnSteps = (done, total) => { onSteps(runs + Math.floor((runs * done) / total), 2 * runs); };
  return score(runtime, predictor, batches, outputs.original, [outputs.original, ...outputs.variants], outcomes, signal, onScored);
}

/** A graph that gives a number for every token: whether these are of the token that follows is told by what changes with a later token. */
async function withLogits(network: Network, batches: readonly Batch[]): Promise<Network> {
  const [stage] = network.stages;
  const batch = batches[0]!;
  const before = await lastValues(network, batch);
  const found = Object.entries(before).find(([, { shape, type }]) => type === "float32" && shape.length === 3 && shape[0] === batch.sequences && shape[1] === batch.sequenceLength);
  if (!stage || !found) return network;
  const [name, { shape }] = found;
  const predictor: Predictor = { graph: identityGraph(name), isPositional: true, isCausal: await isCausal(network, batch, name, before[name]!) };
  return { ...network, predictor, outcomes: shape[2]! };
}

/** Whether the last token of every sequence changes nothing before it. */
async function isCausal(network: Network, batch: Batch, output: string, before: Tensor): Promise<boolean> {
  const ids = batch.feeds["input_ids"];
  if (ids?.type !== "int64" || batch.sequenceLength < 2 || elementCount(ids.shape) !== batch.sequences * batch.sequenceLength) return false;
  const data = ids.data.slice();
  for (let last = batch.sequenceLength - 1; last < data.length; last += batch.sequenceLength) data[last] = data[last]! > 0n ? data[last]! - 1n : 1n;
  const after = (await lastValues(network, { ...batch, feeds: { ...batch.feeds, input_ids: { ...ids, data } } }))[output]!;
  const outcomes = before.shape[2]!;
  return before.data.every((value, index) => Math.floor(index / outcomes) % batch.sequenceLength === batch.sequenceLength - 1 || value === after.data[index]);
}

async function lastValues({ runtime, stages }: Network, batch: Batch): Promise<Values> {
  return (await runVariants(runtime, stages, [batch], [])).original[0]!;
}

/** Takes the value of an output for logits. */
function identityGraph(name: string): Graph {
  const g = new GraphBuilder("logits");
  const value = g.input(name, "float32", ["batch", "sequence", "outcomes"]);
  if (name !== "logits") g.output(value, "logits");
  return g.build();
}

/** What each part of a network costs, in products a token: the stages, and the head behind them. */
export function workOf({ stages, predictor }: Network): { readonly stages: readonly number[]; readonly head: number } {
  return { stages: stages.map(({ graph }) => productsIn(graph)), head: predictor ? productsIn(predictor.graph) : 0 };
}

/** Elements of the weights that are multiplied with; tables that rows are looked up in cost nothing. */
function productsIn({ model, weights }: Graph): number {
  const multiplied = new Set((model.graph?.node ?? []).flatMap(({ opType, input }) => (opType === "Gather" ? (input ?? []).slice(1) : (input ?? []))));
  return [...weights].reduce((sum, [name, { shape }]) => sum + (multiplied.has(name) && shape.length > 1 ? elementCount(shape) : 0), 0);
}

