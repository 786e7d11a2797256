import type { TensorReference } from "../checkpoint/checkpoint";
import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { distances, type AttentionShape } from "./attention";

/** A learned number for each head and each range of distances (T5, arXiv 1910.10683). */
export interface RelativeBias {
  /** [buckets, heads] */
  readonly table: TensorReference;
  /** Distances from here on share the last bucket. */
  readonly furthest: number;
  /** Whether positions ahead have buckets of their own: they have half of them. */
  readonly bothWays: boolean;
}

/** What is added to the scores of x's heads. @param x [batch, sequence, ...] */
export function relativeBias(g: GraphBuilder, x: Value, { table, furthest, bothWays }: RelativeBias): NonNullable<AttentionShape["bias"]> {
  const count = table.shape[0]! / (bothWays ? 2 : 1);
  const behind = distances(g, x);
  const distance = bothWays ? g.op("Abs", [behind]) : g.op("Max", [behind, g.int(0)]);
  const buckets = g.longs("distance_buckets", [furthest + 1], () => BigInt64Array.from(distanceBuckets(count, furthest), BigInt));
  const bucket = g.op("Gather", [buckets, g.op("Min", [distance, g.int(furthest)])], { axis: { int: 0 } });
  const ahead = g.op("Where", [g.op("Less", [behind, g.int(0)]), g.int(count), g.int(0)]);
  const values = g.lookUp(table, bothWays ? g.add(bucket, ahead) : bucket);
  const byHead = g.op("Transpose", [values], { perm: { ints: [2, 0, 1] } });
  return (_g, first, heads) => g.op("Slice", [byHead, g.ints([first]), g.ints([first + heads]), g.ints([0])]);
}

/** The bucket of every distance up to `furthest`: near ones have their own, farther ones share logarithmic ranges, in the float32 arithmetic that models were trained with. */
export function distanceBuckets(count: number, furthest: number): number[] {
  const near = Math.floor(count / 2);
  const shared = (distance: number): number => {
    const octaves = Math.fround(Math.fround(Math.log(Math.fround(distance / near))) / Math.fround(Math.log(furthest / near)));
    return Math.min(count - 1, near + Math.trunc(Math.fround(octaves * (count - near))));
  };
  return Array.from({ length: furthest + 1 }, (_, distance) => (distance < near ? distance : shared(distance)));
}
