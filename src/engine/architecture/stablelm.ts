import { UserError } from "../../shared/errors";
import type { Family } from "./architecture";
import { flag } from "./config";
import { llamaLike, llamaMarker } from "./llama-like";

/** StableLM: LLaMA with LayerNorm, where a quarter of each head is turned; both branches read one norm in some. */
export const stablelm: Family = {
  name: "stablelm",
  modelTypes: ["stablelm"],
  recognises: () => false,
  build: (weights, config) => {
    if (flag(config, "qk_layernorm", false)) {
      throw new UserError(`config.json: "qk_layernorm" is true, and StableLM's norms of single heads are not read; use a capture file (docs/capture.md).`);
    }
    return llamaLike(weights.within(llamaMarker), { partial_rotary_factor: 0.25, ...config }, {
      family: "stablelm",
      kind: "layernorm",
      eps: 1e-5,
      parallel: flag(config, "use_parallel_residual", false),
    });
  },
};
