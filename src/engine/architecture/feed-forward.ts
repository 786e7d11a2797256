import { outSize, type GraphBuilder, type Linear, type NormSpecification } from "../graph/builder";
import type { Value } from "../graph/graph";
import type { Activation } from "./activation";

/** What a block does with each of its rows: x [batch, sequence, width] or rows to rows [batch * sequence, width]. */
export type FeedForward = (g: GraphBuilder, x: Value) => Value;

/** down(act(up(x))). */
export function denseFeedForward({ up, down }: { readonly up: Linear; readonly down: Linear }, act: Activation): FeedForward {
  return (g, x) => g.linear(act(g, g.linear(x, up)), down);
}

/** down(act(gate(x)) * up(x)), as in LLaMA (SwiGLU and its kin, arXiv 2002.05202). */
export function gatedFeedForward({ gate, up, down }: { readonly gate: Linear; readonly up: Linear; readonly down: Linear }, act: Activation): FeedForward {
  return (g, x) => g.linear(g.multiply(act(g, g.linear(x, gate)), g.linear(x, up)), down);
}

/** The same with a norm in front of the last layer (SubLN, arXiv 2303.11331). */
export function normedGatedFeedForward({ gate, up, down }: { readonly gate: Linear; readonly up: Linear; readonly down: Linear }, act: Activation, norm: NormSpecification): FeedForward {
  return (g, x) => {
    const inner = g.multiply(act(g, g.linear(x, gate)), g.linear(x, up));
    return g.linear(g.norm(g.unflatten(inner, x, [outSize(gate)]), norm), down);
  };
}

/** down(act(gate(x)) * up(x)) with gate and up in one layer, the gate first. */
export function fusedGatedFeedForward({ gateUp, down }: { readonly gateUp: Linear; readonly down: Linear }, act: Activation): FeedForward {
  return (g, x) => {
    const [gate, up] = g.ops("Split", [g.linear(x, gateUp)], { axis: { int: 1 }, num_outputs: { int: 2 } }, 2) as [Value, Value];
    return g.linear(g.multiply(act(g, gate), up), down);
  };
}
