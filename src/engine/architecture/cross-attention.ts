import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { attention, type AttentionShape } from "./attention";
import type { Weights } from "./weights";

/**
 * Rows of what queries of x see in `seen`, which is x itself or what an encoder gives.
 * @param parts with `q_proj`, `k_proj`, `v_proj` and `out_proj`
 */
export function attend(g: GraphBuilder, x: Value, seen: Value, parts: Weights, shape: AttentionShape): Value {
  const width = shape.heads * shape.headSize;
  const heads = (rows: Value, like: Value): Value => g.unflatten(rows, like, [shape.heads, shape.headSize]);
  const of = (value: Value, name: string): Value => heads(g.linear(value, parts.linear(name, width, width)), value);
  return g.linear(attention(g, of(x, "q_proj"), of(seen, "k_proj"), of(seen, "v_proj"), shape), parts.linear("out_proj", width, width));
}
