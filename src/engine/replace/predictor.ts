import type { onnx } from "onnx-proto";
import type { Values } from "../forward";
import { attributeProtos } from "../graph/attributes";
import { inputNames, valueInfo, type Graph, type Value } from "../graph/graph";
import type { Batch } from "../input/input";
import type { Tensor } from "../tensor";

/** What turns the last values of a network into predictions. */
export interface Predictor {
  /** Gives `logits`, [..., outcomes]. */
  readonly graph: Graph;
  /** True where the logits at a position are of the token that follows it, so that the input itself tells what was right. */
  readonly isCausal: boolean;
  /** True where a position's logits depend on what is handed on at that position alone, so that positions can be taken a few at a time. */
  readonly isPositional: boolean;
}

/** Bytes of log-probabilities that are held at a time. */
const mostBytes = 2 ** 26;

/** Logarithms of the probabilities that a predictor gives, and those of the original network beside them, [..., outcomes]. */
export const logProbabilities = "log_probabilities";
export const reference = "reference_log_probabilities";

/** Positions of a batch that are predicted together. */
export interface Piece {
  readonly batch: number;
  /** Positions [from, to) of all of the batch's, sequence by sequence; absent where the batch is taken whole. */
  readonly from: number;
  readonly to: number;
  /** The token after each position, -1 behind the last of a sequence; absent where what is right is not known. */
  readonly following?: readonly number[];
  readonly whole: boolean;
}

/** Cuts a batch into pieces that are predicted together. @param index of the batch @param outcomes number of outcomes of a prediction, as far as known */
export function piecesOf({ isCausal, isPositional }: Predictor, batch: Batch, index: number, outcomes: number): Piece[] {
  const positions = batch.sequences * batch.sequenceLength;
  const ids = isCausal ? batch.feeds["input_ids"]?.data : undefined;
  const next = ids && Array.from({ length: positions }, (_, position) => ((position + 1) % batch.sequenceLength === 0 ? -1 : Number(ids[position + 1])));
  if (!isPositional) return [{ batch: index, from: 0, to: positions, whole: true, ...(next && { following: next }) }];
  const size = Math.max(16, Math.min(512, Math.floor(mostBytes / (4 * Math.max(1, outcomes)))));
  return Array.from({ length: Math.ceil(positions / size) }, (_, piece) => {
    const from = piece * size;
    const to = Math.min(positions, from + size);
    return { batch: index, from, to, whole: false, ...(next && { following: next.slice(from, to) }) };
  });
}

/** What a predictor is fed for a piece. */
export function feedsOf({ graph }: Predictor, values: Values, { from, to, whole }: Piece): Record<Value, Tensor> {
  return Object.fromEntries(inputNames(graph).map((name) => {
    const value = values[name]!;
    return [name, whole ? value : positionsOf(value, from, to)];
  }));
}

/** [batch, sequence, ...] to [1, positions, ...]. */
function positionsOf({ shape, data, type }: Tensor, from: number, to: number): Tensor {
  const behind = shape.slice(2);
  const length = behind.reduce((product, size) => product * size, 1);
  const cut = { shape: [1, to - from, ...behind] };
  return type === "float32" ? { type, ...cut, data: data.subarray(from * length, to * length) } : { type, ...cut, data: data.subarray(from * length, to * length) };
}

/** Gives {@link logProbabilities}. */
export function referenceGraph(graph: Graph): Graph {
  return extended(graph, [node("LogSoftmax", ["logits"], logProbabilities, { axis: { int: -1 } })], [], [logProbabilities]);
}

/** Nodes behind logits: their log-probabilities, and the terms of the KL divergence of {@link reference} from them, "kl_terms", [..., outcomes]. */
export function divergenceNodes(): onnx.INodeProto[] {
  return [
    node("LogSoftmax", ["logits"], logProbabilities, { axis: { int: -1 } }),
    node("Exp", [reference], "reference_probabilities"),
    node("Sub", [reference, logProbabilities], "log_ratio"),
    node("Mul", ["reference_probabilities", "log_ratio"], "kl_terms"),
  ];
}

/** A graph with nodes behind its own, which is fed more and gives something else. */
export function extended(graph: Graph, nodes: readonly onnx.INodeProto[], inputs: readonly onnx.IValueInfoProto[], outputs: readonly Value[], initializers: readonly onnx.ITensorProto[] = []): Graph {
  const own = graph.model.graph ?? {};
  return {
    ...graph,
    model: {
      ...graph.model,
      graph: {
        ...own,
        node: [...(own.node ?? []), ...nodes],
        input: [...(own.input ?? []), ...inputs],
        initializer: [...(own.initializer ?? []), ...initializers],
        output: outputs.map((name) => valueInfo(name, "float32")),
      },
    },
  };
}

/** A node with one output, called after it. */
export function node(opType: string, input: readonly Value[], output: Value, attributes: Parameters<typeof attributeProtos>[0] = {}): onnx.INodeProto {
  return { opType, name: output, input: [...input], output: [output], attribute: attributeProtos(attributes) };
}

/** A tensor that a graph holds. */
export function constant(name: Value, dataType: number, dims: number[], rawData: Uint8Array): onnx.ITensorProto {
  return { name, dataType, dims, rawData };
}

