import type { Linear } from "../graph/builder";
import type { Value } from "../graph/graph";
import type { AttentionShape } from "./attention";
import type { Projection } from "./decoder-block";

/** A dense layer each for queries, keys and values. */
export function separateProjection(layers: readonly [Linear, Linear, Linear], { heads, keyValueHeads, headSize }: AttentionShape): Projection {
  const counts = [heads, keyValueHeads, keyValueHeads];
  return (g, x) => layers.map((layer, part) => g.unflatten(g.linear(x, layer), x, [counts[part]!, headSize])) as [Value, Value, Value];
}

/** One dense layer that gives all queries, then all keys, then all values. */
export function fusedProjection(layer: Linear, { heads, keyValueHeads, headSize }: AttentionShape): Projection {
  const counts = [heads, keyValueHeads, keyValueHeads];
  return (g, x) => {
    const parts = g.ops("Split", [g.linear(x, layer), g.ints(counts.map((count) => count * headSize))], { axis: { int: 1 } }, 3);
    return parts.map((part, index) => g.unflatten(part, x, [counts[index]!, headSize])) as [Value, Value, Value];
  };
}

/** One dense layer that gives, for each key-value head, the queries that share it, its key and its value. */
export function interleavedProjection(layer: Linear, { heads, keyValueHeads, headSize }: AttentionShape): Projection {
  const shared = heads / keyValueHeads;
  return (g, x) => {
    const groups = g.unflatten(g.linear(x, layer), x, [keyValueHeads, shared + 2, headSize]);
    const parts = g.ops("Split", [groups, g.ints([shared, 1, 1])], { axis: { int: 3 } }, 3);
    return parts.map((part, index) => g.op("Reshape", [part, g.ints([0, 0, index === 0 ? heads : keyValueHeads, headSize])])) as [Value, Value, Value];
  };
}
