import { UserError } from "../../shared/errors";
import type { TensorReference } from "../checkpoint/checkpoint";
import { float4Tensor } from "../checkpoint/float4";
import { unstacked } from "../checkpoint/unstacked";
import { outSize, type GraphBuilder, type Linear } from "../graph/builder";
import type { Value } from "../graph/graph";
import { blockIndices, type Config, type Family } from "./architecture";
import { size } from "./config";
import { mixed } from "./experts";
import type { FeedForward } from "./feed-forward";
import { windowOf } from "./layer-types";
import { llamaLike, llamaMarker } from "./llama-like";
import { any, type Weights } from "./weights";

/** gpt-oss: LLaMA with biases, sinks beside its scores, every second block local, and experts whose gates are bounded. */
export const gptOss: Family = {
  name: "gpt_oss",
  modelTypes: ["gpt_oss"],
  recognises: () => false,
  build: (stored, config) => {
    const weights = stored.within(llamaMarker);
    return llamaLike(weights, { head_dim: 64, ...config }, {
      family: "gpt_oss",
      eps: 1e-5,
      attention: (index) => ({
        window: windowOf(config, index, (block) => block % 2 === 0),
        sinks: sinks(weights.at(`layers.${index}.self_attn`), size(config, "num_attention_heads")),
      }),
      feedForward: (parts, _index, width) => experts(parts.at("mlp"), config, width),
    });
  },
};

/** In GGUF every tensor is called a weight or a bias. */
function sinks(names: Weights, heads: number): TensorReference {
  return names.tensor(names.has("sinks.weight") ? "sinks.weight" : "sinks", [heads]);
}

function experts(names: Weights, config: Config, width: number): FeedForward {
  const gate = names.linear("router", width, any);
  const count = outSize(gate);
  const feedForwards = names.has("experts.0.gate_proj.weight") ? blockIndices(count).map((index) => expert(names.at(`experts.${index}`), width)) : stackedExperts(names, count, width);
  return mixed(gate, feedForwards, { affinity: "softmax", chosen: Math.min(size(config, "num_experts_per_tok"), count), normalised: true });
}

/** Gate and up apart, as in GGUF. */
function expert(names: Weights, width: number): FeedForward {
  const { up: gate, down } = names.feedForward("gate_proj", "down_proj", width);
  const up = names.linear("up_proj", width, outSize(gate));
  return boundedFeedForward((g, x) => [g.linear(x, gate), g.linear(x, up)], down);
}

/** Gates and ups in turn in one layer. */
function stackedExperts(names: Weights, count: number, width: number): FeedForward[] {
  const into = layers(names, "experts.gate_up_proj", count, width);
  const inner = outSize(into[0]!) / 2;
  const down = layers(names, "experts.down_proj", count, inner);
  return into.map((gateUp, index) =>
    boundedFeedForward((g, x) => {
      const paired = g.op("Reshape", [g.linear(x, gateUp), g.ints([-1, inner, 2])]);
      return [0, 1].map((member) => g.op("Gather", [paired, g.int(member)], { axis: { int: 2 } })) as [Value, Value];
    }, down[index]!),
  );
}

/** A layer of each expert: in floats, or in MXFP4 as they are given out, which has the weights the other way round. */
function layers(names: Weights, name: string, count: number, inSize: number): Linear[] {
  const isQuantised = names.has(`${name}_blocks`);
  const stack = isQuantised ? float4Tensor(`${names.prefix}${name}`, names.stored(`${name}_blocks`), names.stored(`${name}_scales`)) : names.tensor(name, [count, inSize, any]);
  const layout = isQuantised ? "out-in" : "in-out";
  const weights = unstacked(stack);
  const biases = unstacked(names.tensor(`${name}_bias`, [count, stack.shape[isQuantised ? 1 : 2]!]));
  if (weights.length !== count || stack.shape[isQuantised ? 2 : 1] !== inSize) throw new UserError(`${names.checkpoint.path}: tensor ${stack.name} has shape [${stack.shape.join(", ")}], which belongs to another model than config.json; get both from one place.`);
  return weights.map((weight, index) => ({ layout, weight, bias: biases[index] }));
}

/** Largest gate, and largest up in either direction. */
const bound = 7;

/** Steepness of the gate's sigmoid. */
const steepness = 1.702;

/** down((up + 1) * gate * sigmoid(1.702 * gate)), with gate and up bounded. */
function boundedFeedForward(gateAndUp: (g: GraphBuilder, x: Value) => [Value, Value], down: Linear): FeedForward {
  return (g, x) => {
    const [gate, up] = gateAndUp(g, x);
    const gated = smoothGate(g, g.op("Min", [gate, g.float(bound)]));
    return g.linear(g.multiply(g.add(g.op("Clip", [up, g.float(-bound), g.float(bound)]), g.float(1)), gated), down);
  };
}

function smoothGate(g: GraphBuilder, gate: Value): Value {
  return g.multiply(gate, g.op("Sigmoid", [g.multiply(gate, g.float(steepness))]));
}
