import { UserError } from "../../shared/errors";
import type { Config, Family } from "./architecture";
import { flag, optionalNumber, optionalObject, optionalSize, optionalText, positive, size } from "./config";
import type { ExpertGroups, Routing } from "./expert-routing";
import { expertsOf } from "./experts";
import { latentAttention } from "./latent-attention";
import { llamaLike, llamaMarker } from "./llama-like";
import { rotaryOf } from "./rotary";
import { Weights } from "./weights";

/** DeepSeek-V2 and V3 (and R1): latent attention, and experts of which some see every token. */
export const deepseek: Family = {
  name: "deepseek",
  modelTypes: ["deepseek_v2", "deepseek_v3"],
  recognises: () => false,
  build: (weights, config) => {
    const isThird = config["model_type"] === "deepseek_v3";
    const rotary = rotaryOf(config, size(config, "qk_rope_head_dim"), flag(config, "rope_interleave", true) ? "neighbours" : "halves");
    return llamaLike(withoutPredictors(weights.within(llamaMarker), size(config, "num_hidden_layers")), config, {
      family: "deepseek",
      rotary: () => rotary,
      selfAttention: (parts, index, width) => latentAttention(parts.at("self_attn"), config, width, index, rotary, scoreScale(config)),
      feedForward: (parts, _index, width) =>
        expertsOf(parts, config, width, {
          router: "mlp.gate",
          experts: "mlp.experts",
          names: ["gate_proj", "up_proj", "down_proj"],
          normalised: isThird && flag(config, "norm_topk_prob", true),
          routing: isThird ? thirdRouting(config, parts) : secondRouting(config),
        }),
    });
  },
};

/** The blocks of the model itself: those behind them, which predict tokens further ahead, take part in training alone. */
function withoutPredictors({ checkpoint, prefix }: Weights, depth: number): Weights {
  const block = new RegExp(`^${prefix.replaceAll(".", "\\.")}layers\\.(\\d+)\\.`);
  const kept = [...checkpoint.tensors].filter(([name]) => Number(block.exec(name)?.[1] ?? 0) < depth);
  return new Weights({ ...checkpoint, tensors: new Map(kept) }, prefix);
}

/** 1 / sqrt(head size), sharpened where YaRN stretches positions. */
function scoreScale(config: Config): number {
  const parameters = { ...optionalObject(config, "rope_scaling"), ...optionalObject(config, "rope_parameters") };
  const plain = 1 / Math.sqrt(size(config, "qk_nope_head_dim") + size(config, "qk_rope_head_dim"));
  const kind = optionalText(parameters, "rope_type") ?? optionalText(parameters, "type") ?? "default";
  const sharpness = optionalNumber(parameters, "mscale_all_dim") ?? 0;
  const factor = positive(parameters, "factor") ?? 1;
  return kind === "default" || sharpness === 0 || factor <= 1 ? plain : plain * (0.1 * sharpness * Math.log(factor) + 1) ** 2;
}

function groupsIn(config: Config, judgedBy: number): ExpertGroups | undefined {
  const [count, chosen] = [optionalSize(config, "n_group"), optionalSize(config, "topk_group")];
  if (count === undefined || chosen === undefined || count === chosen) return undefined;
  const experts = size(config, "n_routed_experts");
  if (experts % count !== 0) throw new UserError(`config.json: "n_group" is ${count}, into which ${experts} experts can't be divided.`);
  return { count, chosen, judgedBy };
}

function secondRouting(config: Config): Partial<Routing> {
  const isGrouped = optionalText(config, "topk_method") === "group_limited_greedy";
  return { scale: optionalNumber(config, "routed_scaling_factor"), groups: isGrouped ? groupsIn(config, 1) : undefined };
}

function thirdRouting(config: Config, parts: Weights): Partial<Routing> {
  return {
    affinity: "sigmoid",
    correction: parts.optional("mlp.gate.e_score_correction_bias", [size(config, "n_routed_experts")]),
    scale: optionalNumber(config, "routed_scaling_factor") ?? 2.5,
    groups: groupsIn({ n_group: 8, topk_group: 4, ...config }, 2),
  };
}
