import type { Family } from "./architecture";
import { windowOf } from "./layer-types";
import { llamaLike, llamaMarker } from "./llama-like";

/** Window of the first Mistral, whose configuration may be silent on it; one without a window says null. */
const firstWindow = 4096;

/** Mistral and Ministral: LLaMA with attention to the nearest positions. */
export const mistral: Family = {
  name: "mistral",
  modelTypes: ["mistral", "ministral"],
  recognises: () => false,
  build: (weights, config) => {
    const settings = { sliding_window: firstWindow, ...config };
    return llamaLike(weights.within(llamaMarker), settings, { family: "mistral", attention: (index) => ({ window: windowOf(settings, index, () => true) }) });
  },
};
