import type { Family } from "./architecture";
import { optionalNumber } from "./config";
import { llamaLike, llamaMarker } from "./llama-like";

/** Granite 3 (dense): LLaMA with stated factors on embedding, scores, branches and logits. */
export const granite: Family = {
  name: "granite",
  modelTypes: ["granite"],
  recognises: () => false,
  build: (weights, config) =>
    llamaLike(weights.within(llamaMarker), config, {
      family: "granite",
      embeddingScale: optionalNumber(config, "embedding_multiplier") ?? 1,
      attention: () => ({ scale: optionalNumber(config, "attention_multiplier") ?? 1 }),
      branchScale: optionalNumber(config, "residual_multiplier"),
      logits: { scale: 1 / (optionalNumber(config, "logits_scaling") ?? 1) },
    }),
};
