import type { Config, Family } from "./architecture";
import { flag, optionalSize } from "./config";
import { expertsOf } from "./experts";
import { windowOf } from "./layer-types";
import { llamaLike, llamaMarker } from "./llama-like";

/** Qwen 2 and 3, dense or with experts: LLaMA with biases, or norms of queries and keys. */
export const qwen: Family = {
  name: "qwen",
  modelTypes: ["qwen2", "qwen3", "qwen2_moe", "qwen3_moe"],
  recognises: () => false,
  build: (weights, config) =>
    llamaLike(weights.within(llamaMarker), config, {
      family: "qwen",
      attention: (index) => ({ window: windowOf(config, index, (block) => isWindowed(config, block)) }),
      feedForward: (parts, _index, width) =>
        expertsOf(parts, config, width, {
          router: "mlp.gate",
          experts: "mlp.experts",
          names: ["gate_proj", "up_proj", "down_proj"],
          normalised: flag(config, "norm_topk_prob", false),
        }),
    }),
};

function isWindowed(config: Config, block: number): boolean {
  return flag(config, "use_sliding_window", false) && block >= (optionalSize(config, "max_window_layers") ?? 28);
}
