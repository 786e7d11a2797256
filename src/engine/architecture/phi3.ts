import type { Family } from "./architecture";
import { windowOf } from "./layer-types";
import { llamaLike, llamaMarker } from "./llama-like";

/** Phi 3 and 4: LLaMA with queries, keys and values in one layer, and gate and up in another. */
export const phi3: Family = {
  name: "phi3",
  modelTypes: ["phi3"],
  recognises: () => false,
  build: (weights, config) =>
    llamaLike(weights.within(llamaMarker), config, { family: "phi3", eps: 1e-5, attention: (index) => ({ window: windowOf(config, index, () => true) }) }),
};
