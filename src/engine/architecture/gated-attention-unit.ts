import type { GraphBuilder, NormSpecification } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation } from "./activation";
import { rotaryOf, rotate } from "./rotary";
import { any, type Weights } from "./weights";

/** Sizes of a gated attention unit. */
export interface UnitShape {
  readonly width: number;
  /** Channels of queries and keys. */
  readonly shared: number;
  /** Positions that scores are divided by the number of, however long the sequence is. */
  readonly longest: number;
}

/** A gated attention unit (arXiv 2202.10447), attention and feed-forward in one: x [batch, sequence, width] to the same shape. */
export function gatedAttentionUnit(g: GraphBuilder, x: Value, names: Weights, norm: NormSpecification, { width, shared, longest }: UnitShape): Value {
  const [inner, act] = [width, activation("silu")];
  const into = act(g, g.project(g.norm(x, norm), names.linear("proj1", width, 2 * inner + shared)));
  const [gate, values, base] = g.ops("Split", [into, g.ints([inner, inner, shared])], { axis: { int: 2 } }, 3) as [Value, Value, Value];
  const [queries, keys] = [0, 1].map((row) => rescaled(g, base, names, row, shared)) as [Value, Value];
  const scores = g.multiply(g.op("MatMul", [queries, transposed(g, keys)]), g.float(1 / longest));
  const weights = activation("relu2")(g, g.add(scores, scoreOfDistance(g, x, names.at("positional_encoding"))));
  const gated = g.multiply(gate, g.op("MatMul", [weights, values]));
  return g.add(x, g.project(gated, names.linear("proj2", inner, width)));
}

/** Queries or keys: what they share, times a gain of their own, and an offset. */
function rescaled(g: GraphBuilder, base: Value, names: Weights, row: number, shared: number): Value {
  const [gain, offset] = ["gamma", "beta"].map((name) => g.op("Gather", [g.weight(names.tensor(name, [2, shared])), g.int(row)], { axis: { int: 0 } })) as [Value, Value];
  return g.add(g.multiply(base, gain), offset);
}

/** What is added to the scores of every pair of positions [1, sequence, sequence]: the product of two vectors, each turned by its position. */
function scoreOfDistance(g: GraphBuilder, x: Value, names: Weights): Value {
  const [from, to] = ["a", "b"].map((name) => {
    const vector = names.tensor(name, [any]);
    const size = vector.shape[0]!;
    const everywhere = g.op("Expand", [g.weight(vector), g.op("Concat", [g.ints([1]), g.sequenceLength(x), g.ints([1, size])], { axis: { int: 0 } })]);
    return g.op("Reshape", [rotate(g, everywhere, rotaryOf({}, size)), g.ints([1, -1, size])]);
  }) as [Value, Value];
  return g.op("MatMul", [from, transposed(g, to)]);
}

function transposed(g: GraphBuilder, x: Value): Value {
  return g.op("Transpose", [x], { perm: { ints: [0, 2, 1] } });
}
