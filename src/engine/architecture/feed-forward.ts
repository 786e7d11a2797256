import type { GraphBuilder, Linear, NormSpecification } from "../graph/builder";
import type { Value } from "../graph/graph";
import type { Activation } from "./activation";

/** What a block does with each of its rows: x [batch, sequence, width] or rows to rows [batch * sequence, width]. */
export type FeedForward = (g: GraphBuilder, x: Value) => Value;

/** down(act(up(x))), with a norm in front of the last layer where one is given (SubLN, arXiv 2303.11331). */
export function denseFeedForward({ up, down }: { readonly up: Linear; readonly down: Linear }, act: Activation, norm?: NormSpecification): FeedForward {
  return (g, x) => g.linear(innerNorm(g, act(g, g.linear(x, up)), x, norm), down);
}

/** down(act(gate(x)) * up(x)), as in LLaMA (SwiGLU and its kin, arXiv 2002.05202), with a norm as above. */
export function gatedFeedForward({ gate, up, down }: { readonly gate: Linear; readonly up: Linear; readonly down: Linear }, act: Activation, norm?: NormSpecification): FeedForward {
  return (g, x) => g.linear(innerNorm(g, g.multiply(act(g, g.linear(x, gate)), g.linear(x, up)), x, norm), down);
}

/** The same with gate and up in one layer, the gate first. */
export function fusedGatedFeedForward({ gateUp, down }: { readonly gateUp: Linear; readonly down: Linear }, act: Activation, norm?: NormSpecification): FeedForward {
  return (g, x) => {
    const [gate, up] = g.ops("Split", [g.linear(x, gateUp)], { axis: { int: 1 }, num_outputs: { int: 2 } }, 2) as [Value, Value];
    return g.linear(innerNorm(g, g.multiply(act(g, gate), up), x, norm), down);
  };
}

/** A norm of rows, which have the batch and sequence of x for it. */
function innerNorm(g: GraphBuilder, rows: Value, x: Value, norm: NormSpecification | undefined): Value {
  return norm ? g.norm(g.unflatten(rows, x, [-1]), norm) : rows;
}
