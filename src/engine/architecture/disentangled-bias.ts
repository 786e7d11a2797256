import type { GraphBuilder, Linear } from "../graph/builder";
import type { Value } from "../graph/graph";
import { distances, type AttentionShape } from "./attention";

/** DeBERTa's attention (arXiv 2006.03654): contents attend to relative positions, and relative positions to contents. */
export interface Disentangled {
  readonly shape: AttentionShape;
  /** Factor on all scores. */
  readonly scale: number;
  /** Embeddings of relative positions, [1, 2 * span, width]. */
  readonly embeddings: Value;
  /** Row of `embeddings` for every distance from -(context - 1) to context - 1. */
  readonly rows: readonly number[];
  /** Keys of relative positions, for contents that look at them; undefined where they do not. */
  readonly key?: Linear | undefined;
  /** Queries of relative positions. */
  readonly query?: Linear | undefined;
}

/** What is added to the scores of x's heads. @param x [batch, sequence, width] */
export function disentangledBias(g: GraphBuilder, x: Value, { shape, scale, embeddings, rows, key, query }: Disentangled): NonNullable<AttentionShape["contentBias"]> {
  const nearest = (rows.length - 1) / 2;
  const table = g.longs("relative_rows", [rows.length], () => BigInt64Array.from(rows, BigInt));
  const row = g.op("Gather", [table, g.add(distances(g, x), g.int(nearest))], { axis: { int: 0 } });
  const heads = (layer: Linear): Value =>
    g.op("Transpose", [g.unflatten(g.linear(embeddings, layer), embeddings, [shape.heads, shape.headSize])], { perm: { ints: [0, 2, 3, 1] } });
  const positionKeys = key && heads(key);
  const positionQueries = query && g.multiply(heads(query), g.float(scale));

  return (_g, first, count, queries, keys) => {
    const part = (all: Value): Value => g.op("Slice", [all, g.ints([first]), g.ints([first + count]), g.ints([1])]);
    const leading = g.op("Shape", [queries], { end: { int: 3 } });
    const spread = (index: Value): Value => g.op("Expand", [index, g.op("Concat", [leading, g.sequenceLength(x)], { axis: { int: 0 } })]);
    const toPositions = positionKeys && g.op("GatherElements", [g.op("MatMul", [queries, part(positionKeys)]), spread(row)], { axis: { int: 3 } });
    if (positionQueries === undefined) return toPositions!;
    const contents = g.op("Transpose", [keys], { perm: { ints: [0, 1, 3, 2] } });
    const byKey = g.op("GatherElements", [g.op("MatMul", [contents, part(positionQueries)]), spread(g.op("Transpose", [row], { perm: { ints: [1, 0] } }))], { axis: { int: 3 } });
    const fromPositions = g.op("Transpose", [byKey], { perm: { ints: [0, 1, 3, 2] } });
    return toPositions === undefined ? fromPositions : g.add(toPositions, fromPositions);
  };
}

/** The bucket of a signed distance: near ones have their own, farther ones share logarithmic ranges, in the float32 arithmetic that models were trained with. */
export function signedBucket(distance: number, buckets: number, furthest: number): number {
  const middle = Math.floor(buckets / 2);
  const magnitude = Math.abs(distance);
  if (magnitude <= middle) return distance;
  const log = (value: number): number => Math.fround(Math.log(Math.fround(value)));
  const share = Math.fround(log(magnitude / middle) / log((furthest - 1) / middle));
  return Math.sign(distance) * (Math.ceil(Math.fround(share * (middle - 1))) + middle);
}
