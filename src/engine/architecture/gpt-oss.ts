import { UserError } from "../../shared/errors";
import { unstacked } from "../checkpoint/unstacked";
import { outSize, type GraphBuilder, type Linear } from "../graph/builder";
import type { Value } from "../graph/graph";
import type { Config, Family } from "./architecture";
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
    refuseQuantised(stored);
    const weights = stored.within(llamaMarker);
    return llamaLike(weights, { head_dim: 64, ...config }, {
      family: "gpt_oss",
      eps: 1e-5,
      attention: (index) => ({
        window: windowOf(config, index, (block) => block % 2 === 0),
        sinks: weights.tensor(`layers.${index}.self_attn.sinks`, [size(config, "num_attention_heads")]),
      }),
      feedForward: (parts, _index, width) => experts(parts.at("mlp"), config, width),
    });
  },
};

/** Experts as they are given out are in blocks of 4-bit numbers, with their scales in tensors of their own. */
function refuseQuantised({ checkpoint }: Weights): void {
  const blocks = [...checkpoint.tensors.keys()].find((name) => name.endsWith(".mlp.experts.gate_up_proj_blocks"));
  if (blocks === undefined) return;
  throw new UserError(`${checkpoint.path}: tensor ${blocks} holds experts in MXFP4, which NormLens does not read from safetensors; save the model in bfloat16 with transformers (Mxfp4Config(dequantize=True)).`);
}

function experts(names: Weights, config: Config, width: number): FeedForward {
  const gate = names.linear("router", width, any);
  const count = outSize(gate);
  const gateUp = names.tensor("experts.gate_up_proj", [count, width, any]);
  const twice = gateUp.shape[2]!;
  const stacks = [gateUp, names.tensor("experts.gate_up_proj_bias", [count, twice]), names.tensor("experts.down_proj", [count, twice / 2, width]), names.tensor("experts.down_proj_bias", [count, width])];
  const [into, intoBias, down, downBias] = stacks.map(unstacked) as [Linear["weight"][], Linear["weight"][], Linear["weight"][], Linear["weight"][]];
  const feedForwards = into.map((weight, index) =>
    boundedFeedForward({ layout: "in-out", weight, bias: intoBias[index] }, { layout: "in-out", weight: down[index]!, bias: downBias[index] }),
  );
  return mixed(gate, feedForwards, { affinity: "softmax", chosen: Math.min(size(config, "num_experts_per_tok"), count), normalised: true });
}

/** Largest gate, and largest up in either direction. */
const bound = 7;

/** Steepness of the gate's sigmoid. */
const steepness = 1.702;

/** down((up + 1) * gate * sigmoid(1.702 * gate)), with gates and ups in turn in one layer, and bounded. */
function boundedFeedForward(gateUp: Linear, down: Linear): FeedForward {
  return (g, x) => {
    const paired = g.op("Reshape", [g.linear(x, gateUp), g.ints([-1, outSize(gateUp) / 2, 2])]);
    const [gate, up] = [0, 1].map((member) => g.op("Gather", [paired, g.int(member)], { axis: { int: 2 } })) as [Value, Value];
    const gated = smoothGate(g, g.op("Min", [gate, g.float(bound)]));
    return g.linear(g.multiply(g.add(g.op("Clip", [up, g.float(-bound), g.float(bound)]), g.float(1)), gated), down);
  };
}

function smoothGate(g: GraphBuilder, gate: Value): Value {
  return g.multiply(gate, g.op("Sigmoid", [g.multiply(gate, g.float(steepness))]));
}
