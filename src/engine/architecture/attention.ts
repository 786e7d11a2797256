import type { TensorReference } from "../checkpoint/checkpoint";
import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";

/** Added to the scores of positions that may not be seen: small enough to vanish in a softmax, and finite with any score added. */
const hidden = -1e30;

/** What an attention layer needs besides queries, keys and values. */
export interface AttentionShape {
  readonly heads: number;
  /** Heads that share a key and value head stand next to each other; equal to `heads` without grouping. */
  readonly keyValueHeads: number;
  readonly headSize: number;
  /** Channels of a value head; as many as of the others unless stated. */
  readonly valueSize?: number;
  /** Factor on the scores; 1 / sqrt(head size) unless stated. */
  readonly scale?: number;
  /** True where a position sees itself and the ones before it only. */
  readonly causal: boolean;
  /** Positions at this distance and farther are not seen (sliding windows). */
  readonly window?: number | undefined;
  /** c in c * tanh(scores / c), which bounds the scores (Gemma 2). */
  readonly softCap?: number | undefined;
  /** For each head a score that takes its part in the softmax and leads nowhere (gpt-oss): [heads]. */
  readonly sinks?: TensorReference | undefined;
  /** Added to the scores of `count` heads from the head `first` on: [count, queries, keys], or what spreads to that. */
  readonly bias?: ((g: GraphBuilder, first: number, count: number) => Value) | undefined;
  /** The same, from the scaled queries [batch, count, sequence, head size] and the keys [batch, heads of keys, head size, sequence] of those heads. */
  readonly contentBias?: ((g: GraphBuilder, first: number, count: number, queries: Value, keys: Value) => Value) | undefined;
}

/**
 * Heads that are worked on together. All at once would need scores of heads * sequence² at a time: fresh memory costs more
 * than the arithmetic then (GPT-2, 1024 tokens: 86 ms for all 12 heads at once, 28 ms for 2 at a time).
 */
const headsAtOnce = 2;

/**
 * softmax(scale * Q Kᵀ) V for every head.
 * @param q [batch, sequence, heads, head size]
 * @param k [batch, sequence, key-value heads, head size]; of another sequence than q's in cross-attention, which is not causal
 * @param v like k, but for the size of its heads
 * @returns rows [batch * sequence, heads * size of a value head]
 */
export function attention(g: GraphBuilder, q: Value, k: Value, v: Value, shape: AttentionShape): Value {
  const { heads, keyValueHeads, headSize } = shape;
  const parts = heads === keyValueHeads && heads % headsAtOnce === 0 ? heads / headsAtOnce : keyValueHeads;
  const scaled = g.multiply(q, g.float(shape.scale ?? 1 / Math.sqrt(headSize)));
  const queries = splitHeads(g, g.op("Transpose", [scaled], { perm: { ints: [0, 2, 1, 3] } }), parts);
  const keys = splitHeads(g, g.op("Transpose", [k], { perm: { ints: [0, 2, 3, 1] } }), parts);
  const values = splitHeads(g, g.op("Transpose", [v], { perm: { ints: [0, 2, 1, 3] } }), parts);
  const mask = sightMask(g, q, shape);
  const count = heads / parts;
  const mixed = queries.map((query, part) => {
    const scores = capped(g, g.op("MatMul", [query, keys[part]!]), shape.softCap);
    const added = [shape.bias?.(g, part * count, count), shape.contentBias?.(g, part * count, count, query, keys[part]!), mask];
    const total = added.filter((term) => term !== undefined).reduce((sum, term) => g.add(sum, term), scores);
    return g.op("MatMul", [softmax(g, total, shape.sinks, part * count, count), values[part]!]);
  });
  const together = mixed.length === 1 ? mixed[0]! : g.op("Concat", mixed, { axis: { int: 1 } });
  return g.op("Reshape", [g.op("Transpose", [together], { perm: { ints: [0, 2, 1, 3] } }), g.ints([-1, heads * (shape.valueSize ?? headSize)])]);
}

/** Softmax of scores [batch, count, queries, keys] of the heads from `first` on, beside a sink where there is one. */
function softmax(g: GraphBuilder, scores: Value, sinks: TensorReference | undefined, first: number, count: number): Value {
  if (!sinks) return g.op("Softmax", [scores], { axis: { int: -1 } });
  const own = g.op("Slice", [g.weight(sinks), g.ints([first]), g.ints([first + count])]);
  const column = g.op("Concat", [g.op("Shape", [scores], { end: { int: 3 } }), g.ints([1])], { axis: { int: 0 } });
  const sink = g.op("Expand", [g.op("Reshape", [own, g.ints([1, count, 1, 1])]), column]);
  const beside = g.op("Softmax", [g.op("Concat", [scores, sink], { axis: { int: -1 } })], { axis: { int: -1 } });
  return g.op("Slice", [beside, g.ints([0]), g.ints([-1]), g.ints([3])]);
}

/** Parts of [batch, heads, ...] along its heads; those of queries hold all heads that share the part's key and value heads. */
function splitHeads(g: GraphBuilder, x: Value, parts: number): Value[] {
  return parts === 1 ? [x] : g.ops("Split", [x], { axis: { int: 1 }, num_outputs: { int: parts } }, parts);
}

/** bound * tanh(x / bound): about x where that is small, and never beyond the bound. */
export function capped(g: GraphBuilder, x: Value, bound: number | undefined): Value {
  return bound === undefined ? x : g.multiply(g.op("Tanh", [g.multiply(x, g.float(1 / bound))]), g.float(bound));
}

/** [sequence, sequence]: 0 at [i, j] where position i may see position j, else what hides it; undefined where every position sees all. */
function sightMask(g: GraphBuilder, hiddenState: Value, { causal, window }: AttentionShape): Value | undefined {
  if (!causal && window === undefined) return undefined;
  const distance = distances(g, hiddenState);
  const before = causal ? g.op("GreaterOrEqual", [distance, g.int(0)]) : undefined;
  const near = window === undefined ? undefined : g.op("Less", [causal ? distance : g.op("Abs", [distance]), g.int(window)]);
  const visible = before !== undefined && near !== undefined ? g.op("And", [before, near]) : (before ?? near)!;
  return g.op("Where", [visible, g.float(0), g.float(hidden)]);
}

/** i - j for positions i and j of a sequence [batch, sequence, ...], int64 [sequence, sequence]. */
export function distances(g: GraphBuilder, hiddenState: Value): Value {
  const positions = g.op("Range", [g.int(0), g.op("Squeeze", [g.sequenceLength(hiddenState)]), g.int(1)]);
  return g.op("Sub", [g.op("Unsqueeze", [positions, g.ints([1])]), positions]);
}
