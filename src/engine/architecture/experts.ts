import { unstacked } from "../checkpoint/unstacked";
import { outSize, type GraphBuilder, type Linear } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation, type Activation } from "./activation";
import { blockIndices, type Config } from "./architecture";
import { optionalText, size } from "./config";
import { fusedGatedFeedForward, gatedFeedForward, type FeedForward } from "./feed-forward";
import { any, type Weights } from "./weights";

/** Where a block keeps its experts. */
export interface ExpertNames {
  /** The dense layer that scores the experts. */
  readonly router: string;
  /** Module that holds them, by number, or stacked in two tensors as transformers 5 has them in memory. */
  readonly experts: string;
  /** Gate, up and down of one of them. */
  readonly names: readonly [string, string, string];
  /** Whether the weights of the chosen ones are made to sum to 1. */
  readonly normalised: boolean;
}

/** A mixture of experts (arXiv 2101.03961), or undefined where the block has a single feed-forward. */
export function expertsOf(parts: Weights, config: Config, width: number, { router, experts, names, normalised }: ExpertNames): FeedForward | undefined {
  if (!parts.has(`${router}.weight`)) return undefined;
  const act = activation(optionalText(config, "hidden_act") ?? "silu");
  const gate = parts.linear(router, width, any);
  const chosen = size(config, "num_experts_per_tok");
  const indices = blockIndices(outSize(gate));
  const feedForwards = parts.has(`${experts}.gate_up_proj`)
    ? stackedExperts(parts, experts, width, indices, act)
    : indices.map((index) => expert(parts.at(`${experts}.${index}`), names, width, act));
  const shared = sharedExpert(parts, width, act);
  return (g, x) => {
    const shares = routing(g, g.linear(x, gate), Math.min(chosen, indices.length), normalised);
    // Not by one Split: a shader of WebGPU gives no more than a dozen outputs.
    const shareOf = (index: number): Value => g.op("Slice", [shares, g.ints([index]), g.ints([index + 1]), g.ints([1])]);
    const mixed = feedForwards.map((feedForward, index) => g.multiply(feedForward(g, x), shareOf(index))).reduce((sum, term) => g.add(sum, term));
    return shared ? g.add(mixed, shared(g, x)) : mixed;
  };
}

/** Share of each expert in each row, [rows, experts]: 0 for all but the best `chosen`. Every expert sees every row, which is exact and keeps shapes fixed. */
function routing(g: GraphBuilder, scores: Value, chosen: number, normalised: boolean): Value {
  const probabilities = g.op("Softmax", [scores], { axis: { int: -1 } });
  const visible = g.op("GreaterOrEqual", [probabilities, kthLargest(g, probabilities, chosen)]);
  const shares = g.op("Where", [visible, probabilities, g.float(0)]);
  return normalised ? g.op("Div", [shares, g.op("ReduceSum", [shares, g.ints([-1])])]) : shares;
}

/** The k-th largest entry of each row of probabilities, [rows, 1]: the largest is taken away k - 1 times. */
function kthLargest(g: GraphBuilder, probabilities: Value, k: number): Value {
  const largest = g.op("ReduceMax", [probabilities, g.ints([-1])]);
  if (k === 1) return largest;
  return kthLargest(g, g.op("Where", [g.op("GreaterOrEqual", [probabilities, largest]), g.float(-1), probabilities]), k - 1);
}

function expert(parts: Weights, [gate, up, down]: ExpertNames["names"], width: number, act: Activation): FeedForward {
  const outer = parts.feedForward(gate, down, width);
  return gatedFeedForward({ gate: outer.up, up: parts.linear(up, width, outSize(outer.up)), down: outer.down }, act);
}

function stackedExperts(parts: Weights, module: string, width: number, indices: readonly number[], act: Activation): FeedForward[] {
  const gateUp = parts.tensor(`${module}.gate_up_proj`, [indices.length, any, width]);
  const down = parts.tensor(`${module}.down_proj`, [indices.length, width, gateUp.shape[1]! / 2]);
  const [gateUps, downs] = [gateUp, down].map((stack) => unstacked(stack).map((weight): Linear => ({ layout: "out-in", weight }))) as [Linear[], Linear[]];
  return indices.map((index) => fusedGatedFeedForward({ gateUp: gateUps[index]!, down: downs[index]! }, act));
}

/** An expert that sees every row, weighted by a gate of its own (Qwen 2). */
function sharedExpert(parts: Weights, width: number, act: Activation): FeedForward | undefined {
  if (!parts.has("mlp.shared_expert_gate.weight")) return undefined;
  const gate = parts.linear("mlp.shared_expert_gate", width, 1);
  const always = expert(parts.at("mlp.shared_expert"), ["gate_proj", "up_proj", "down_proj"], width, act);
  return (g, x) => g.multiply(g.op("Sigmoid", [g.linear(x, gate)]), always(g, x));
}
