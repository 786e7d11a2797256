import type { Family } from "./architecture";
import { llamaLike, llamaMarker } from "./llama-like";
import { rotaryOf } from "./rotary";

/** GLM 4: LLaMA where half of each head is turned in neighbouring pairs; the later ones (glm4) have norms behind their branches, too. */
export const glm: Family = {
  name: "glm",
  modelTypes: ["glm", "glm4"],
  recognises: () => false,
  build: (weights, config) => {
    const settings = { partial_rotary_factor: 0.5, ...config };
    return llamaLike(weights.within(llamaMarker), settings, {
      family: "glm",
      eps: 1.5625e-7,
      rotary: (_index, headSize) => rotaryOf(settings, headSize, "neighbours"),
    });
  },
};
