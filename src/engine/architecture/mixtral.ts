import type { Family } from "./architecture";
import { expertsOf } from "./experts";
import { windowOf } from "./layer-types";
import { llamaLike, llamaMarker } from "./llama-like";

/** Mixtral: Mistral with experts. */
export const mixtral: Family = {
  name: "mixtral",
  modelTypes: ["mixtral"],
  recognises: () => false,
  build: (weights, config) =>
    llamaLike(weights.within(llamaMarker), config, {
      family: "mixtral",
      eps: 1e-5,
      attention: (index) => ({ window: windowOf(config, index, () => true) }),
      feedForward: (parts, _index, width) => {
        const stored = parts.has("block_sparse_moe.gate.weight");
        const module = stored ? "block_sparse_moe" : "mlp";
        return expertsOf(parts, config, width, { router: `${module}.gate`, experts: `${module}.experts`, names: ["w1", "w3", "w2"], normalised: true });
      },
    }),
};
