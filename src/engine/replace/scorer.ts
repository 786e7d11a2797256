import { onnx } from "onnx-proto";
import type { ReplacementScores } from "../../shared/replacement";
import { breathe, type Values } from "../forward";
import { valueInfo, type Graph } from "../graph/graph";
import type { Batch } from "../input/input";
import type { Runtime, Session } from "../runtime/runtime";
import type { Tensor } from "../tensor";
import { constant, divergenceNodes, extended, feedsOf, logProbabilities, node, piecesOf, reference, referenceGraph, type Piece, type Predictor } from "./predictor";

/** Scores of one network, kept for every prediction: means and errors follow from them. */
export interface PredictionScores {
  /** -ln(probability of what came), in nats; empty where that is not known. */
  readonly crossEntropy: readonly number[];
  /** From the original's probabilities, in nats; empty without a predictor. */
  readonly kl: readonly number[];
  /** Predictions whose most probable outcome is the original's. */
  readonly agreeing: number;
  /** Sums of squares over what is handed on last: of the difference, and of the original. */
  readonly difference: number;
  readonly original: number;
}

const { DataType } = onnx.TensorProto;
const following = "following_tokens";

/**
 * Scores networks against the original by what they hand on last.
 * @param outputs of the original, for every batch
 * @param others of the networks to score, for every batch
 * @param outcomes number of outcomes of a prediction, as far as known
 * @param onRun told before every run how many there are with it, of how many
 * @throws CancelledError once `signal` is aborted.
 */
export async function score(
  runtime: Runtime,
  predictor: Predictor | undefined,
  batches: readonly Batch[],
  outputs: readonly Values[],
  others: readonly (readonly Values[])[],
  outcomes: number,
  signal: AbortSignal,
  onRun: (done: number, total: number) => void,
): Promise<PredictionScores[]> {
  const sums = others.map((): Growing => ({ crossEntropy: [], kl: [], agreeing: 0, difference: 0, original: 0 }));
  for (const [index] of batches.entries()) {
    sums.forEach((sum, other) => { addDifference(sum, outputs[index]!, others[other]![index]!); });
  }
  if (!predictor) return sums;
  const pieces = batches.flatMap((batch, index) => piecesOf(predictor, batch, index, outcomes));
  const total = pieces.length * (1 + others.length);
  let done = 0;
  const step = async (): Promise<void> => {
    await breathe(signal);
    onRun(++done, total);
  };
  const before = await runtime.open(referenceGraph(predictor.graph));
  try {
    const after = await runtime.open(comparisonGraph(predictor));
    try {
      for (const piece of pieces) {
        await step();
        const original = (await before.run(feedsOf(predictor, outputs[piece.batch]!, piece), [logProbabilities]))[logProbabilities]!;
        for (const [other, values] of others.entries()) {
          await step();
          await compare(after, predictor, values[piece.batch]!, piece, original, sums[other]!);
        }
      }
    } finally {
      await after.close();
    }
  } finally {
    await before.close();
  }
  return sums;
}

interface Growing {
  readonly crossEntropy: number[];
  readonly kl: number[];
  agreeing: number;
  difference: number;
  original: number;
}

function addDifference(sum: Growing, original: Values, other: Values): void {
  for (const [name, { type, data }] of Object.entries(original)) {
    if (type !== "float32") continue;
    const changed = other[name]!.data as Float32Array;
    for (let i = 0; i < data.length; i++) {
      sum.difference += (changed[i]! - data[i]!) ** 2;
      sum.original += data[i]! ** 2;
    }
  }
}

async function compare(session: Session, predictor: Predictor, values: Values, piece: Piece, original: Tensor, sum: Growing): Promise<void> {
  const shape = original.shape.slice(0, -1);
  const { following: tokens } = piece;
  const labels: Tensor = { type: "int64", shape: [...shape, 1], data: BigInt64Array.from(tokens ?? [], (id) => BigInt(Math.max(0, id))) };
  const feeds = { ...feedsOf(predictor, values, piece), [reference]: original, ...(tokens && { [following]: labels }) };
  const scores = await session.run(feeds, ["kl", "agreement", ...(tokens ? ["cross_entropy"] : [])]);
  const kl = scores["kl"]!.data as Float32Array;
  const agreement = scores["agreement"]!.data as Float32Array;
  const crossEntropy = scores["cross_entropy"]?.data as Float32Array | undefined;
  for (let i = 0; i < kl.length; i++) {
    // What comes behind the last token of a sequence nobody knows; it counts in no score, so that all are over the same predictions.
    if (tokens && tokens[i] === -1) continue;
    sum.kl.push(kl[i]!);
    sum.agreeing += agreement[i]!;
    if (crossEntropy) sum.crossEntropy.push(crossEntropy[i]!);
  }
}

/** KL divergence, agreement of the most probable outcomes and, where what is right is known, cross-entropy, each [...]. */
function comparisonGraph({ graph, isCausal }: Predictor): Graph {
  const axes = constant("last_axis", DataType.INT64, [1], new Uint8Array(BigInt64Array.of(-1n).buffer));
  const nodes = [
    ...divergenceNodes(),
    node("ReduceSum", ["kl_terms", "last_axis"], "kl", { keepdims: { int: 0 } }),
    node("ArgMax", [reference], "reference_best", { axis: { int: -1 }, keepdims: { int: 0 } }),
    node("ArgMax", [logProbabilities], "best", { axis: { int: -1 }, keepdims: { int: 0 } }),
    node("Equal", ["reference_best", "best"], "agrees"),
    node("Cast", ["agrees"], "agreement", { to: { int: DataType.FLOAT } }),
    ...(isCausal ? [node("GatherElements", [logProbabilities, following], "log_probability", { axis: { int: -1 } }), node("Neg", ["log_probability"], "cross_entropy")] : []),
  ];
  const inputs = [valueInfo(reference, "float32"), ...(isCausal ? [valueInfo(following, "int64")] : [])];
  return extended(graph, nodes, inputs, ["kl", "agreement", ...(isCausal ? ["cross_entropy"] : [])], [axes]);
}

/** Sums up scores of predictions. */
export function scoresOf({ crossEntropy, kl, agreeing, difference, original }: PredictionScores): ReplacementScores {
  return {
    ...(crossEntropy.length > 0 && { crossEntropy: mean(crossEntropy) }),
    ...(kl.length > 0 && { kl: mean(kl), top1: agreeing / kl.length }),
    hiddenError: difference === 0 ? 0 : Math.sqrt(difference / original),
  };
}

/** Arithmetic mean, in float64. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
