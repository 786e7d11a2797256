import type { Family } from "./architecture";
import { llamaLike, llamaMarker } from "./llama-like";

/** Nemotron and Minitron: LayerNorm whose stored weight is gain - 1, half of each head turned, a plain feed-forward. */
export const nemotron: Family = {
  name: "nemotron",
  modelTypes: ["nemotron"],
  recognises: () => false,
  build: (weights, config) =>
    llamaLike(weights.within(llamaMarker), { partial_rotary_factor: 0.5, ...config }, { family: "nemotron", kind: "layernorm", eps: 1e-5, weightOffset: 1, act: "relu2" }),
};
