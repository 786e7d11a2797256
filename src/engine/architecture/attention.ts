import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";

/** Added to the scores of positions that may not be seen: small enough to vanish in a softmax, and finite. */
const hidden = -3e38;

/** What an attention layer needs besides queries, keys and values. */
export interface AttentionShape {
  readonly heads: number;
  /** Heads that share a key and value head stand next to each other; equal to `heads` without grouping. */
  readonly keyValueHeads: number;
  readonly headSize: number;
  /** Factor on the scores; 1 / sqrt(head size) unless stated. */
  readonly scale?: number;
  /** True where a position sees itself and the ones before it only. */
  readonly causal: boolean;
}

/**
 * softmax(scale * Q Kᵀ) V for every head.
 * @param q [batch, sequence, heads, head size]
 * @param k [batch, sequence, key-value heads, head size]
 * @param v like k
 * @returns rows [batch * sequence, heads * head size]
 */
export function attention(g: GraphBuilder, q: Value, k: Value, v: Value, shape: AttentionShape): Value {
  const { heads, keyValueHeads, headSize } = shape;
  const grouped = heads !== keyValueHeads;
  const groupSize = heads / keyValueHeads;
  const scaled = g.multiply(q, g.float(shape.scale ?? 1 / Math.sqrt(headSize)));
  const queries = grouped
    ? g.op("Transpose", [g.unflatten(scaled, q, [keyValueHeads, groupSize, headSize])], { perm: { ints: [0, 2, 3, 1, 4] } })
    : g.op("Transpose", [scaled], { perm: { ints: [0, 2, 1, 3] } });
  const perGroup = (value: Value): Value => (grouped ? g.op("Unsqueeze", [value, g.ints([2])]) : value);
  const keys = perGroup(g.op("Transpose", [k], { perm: { ints: [0, 2, 3, 1] } }));
  const values = perGroup(g.op("Transpose", [v], { perm: { ints: [0, 2, 1, 3] } }));
  const scores = g.op("MatMul", [queries, keys]);
  const visible = shape.causal ? g.op("Where", [causalMask(g, q), scores, g.float(hidden)]) : scores;
  const mixed = g.op("MatMul", [g.op("Softmax", [visible], { axis: { int: -1 } }), values]);
  const perm = grouped ? [0, 3, 1, 2, 4] : [0, 2, 1, 3];
  return g.op("Reshape", [g.op("Transpose", [mixed], { perm: { ints: perm } }), g.ints([-1, heads * headSize])]);
}

/** True at [i, j] where position i may see position j, for the sequence length of `hiddenState`. */
function causalMask(g: GraphBuilder, hiddenState: Value): Value {
  const length = g.op("Squeeze", [g.sequenceLength(hiddenState)]);
  const positions = g.op("Range", [g.int(0), length, g.int(1)]);
  return g.op("GreaterOrEqual", [g.op("Unsqueeze", [positions, g.ints([1])]), positions]);
}
