import { unstacked } from "../checkpoint/unstacked";
import { outSize, type Linear } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation, type Activation } from "./activation";
import { blockIndices, type Config } from "./architecture";
import { optionalText, size } from "./config";
import { expertShares, type Routing } from "./expert-routing";
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
  /** Whether the shares of the chosen ones are made to sum to 1. */
  readonly normalised: boolean;
  /** What else is particular to how experts are chosen. */
  readonly routing?: Omit<Partial<Routing>, "normalised" | "chosen">;
}

/** A mixture of experts (arXiv 2101.03961), or undefined where the block has a single feed-forward. */
export function expertsOf(parts: Weights, config: Config, width: number, { router, experts, names, normalised, routing }: ExpertNames): FeedForward | undefined {
  if (!parts.has(`${router}.weight`)) return undefined;
  const act = activation(optionalText(config, "hidden_act") ?? "silu");
  const gate = parts.linear(router, width, any);
  const chosen = size(config, "num_experts_per_tok");
  const indices = blockIndices(outSize(gate));
  const feedForwards = parts.has(`${experts}.gate_up_proj`)
    ? stackedExperts(parts, experts, width, indices, act)
    : indices.map((index) => expert(parts.at(`${experts}.${index}`), names, width, act));
  const shared = sharedExpert(parts, width, act);
  const choice: Routing = { affinity: "softmax", ...routing, chosen: Math.min(chosen, indices.length), normalised };
  return mixed(gate, feedForwards, choice, shared);
}

/** What the chosen experts of each row give, by their shares, and what an expert gives that sees every row. */
export function mixed(gate: Linear, feedForwards: readonly FeedForward[], routing: Routing, shared?: FeedForward): FeedForward {
  return (g, x) => {
    const shares = expertShares(g, g.linear(x, gate), routing);
    // Not by one Split: a shader of WebGPU gives no more than a dozen outputs.
    const shareOf = (index: number): Value => g.op("Slice", [shares, g.ints([index]), g.ints([index + 1]), g.ints([1])]);
    const sum = feedForwards.map((feedForward, index) => g.multiply(feedForward(g, x), shareOf(index))).reduce((before, term) => g.add(before, term));
    return shared ? g.add(sum, shared(g, x)) : sum;
  };
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

/** An expert that sees every row, as it is (DeepSeek) or weighted by a gate of its own (Qwen 2). */
function sharedExpert(parts: Weights, width: number, act: Activation): FeedForward | undefined {
  if (parts.has("mlp.shared_experts.gate_proj.weight")) return expert(parts.at("mlp.shared_experts"), ["gate_proj", "up_proj", "down_proj"], width, act);
  if (!parts.has("mlp.shared_expert_gate.weight")) return undefined;
  const gate = parts.linear("mlp.shared_expert_gate", width, 1);
  const always = expert(parts.at("mlp.shared_expert"), ["gate_proj", "up_proj", "down_proj"], width, act);
  return (g, x) => g.multiply(g.op("Sigmoid", [g.linear(x, gate)]), always(g, x));
}
