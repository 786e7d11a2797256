import type { Config, Family } from "./architecture";
import { flag, optionalSize } from "./config";
import { windowOf } from "./layer-types";
import { llamaLike, llamaMarker } from "./llama-like";
import { rotaryOf } from "./rotary";

/** SmolLM 3: LLaMA without positions in every fourth block. */
export const smollm3: Family = {
  name: "smollm3",
  modelTypes: ["smollm3"],
  recognises: () => false,
  build: (weights, config) =>
    llamaLike(weights.within(llamaMarker), config, {
      family: "smollm3",
      attention: (index) => ({ window: flag(config, "use_sliding_window", false) ? windowOf(config, index, (block) => !hasPositions(config, block)) : undefined }),
      rotary: (index, headSize) => (hasPositions(config, index) ? rotaryOf(config, headSize) : undefined),
    }),
};

/** `no_rope_layers` has a 1 for every block with positions, whatever its name says. */
function hasPositions(config: Config, index: number): boolean {
  const stated: unknown = config["no_rope_layers"];
  return Array.isArray(stated) ? stated[index] === 1 : (index + 1) % (optionalSize(config, "no_rope_layer_interval") ?? 4) !== 0;
}
