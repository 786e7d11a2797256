import { UserError } from "../../shared/errors";
import type { Family } from "./architecture";
import { flag, optionalNumber, optionalSize } from "./config";
import { isLocal, windowOf } from "./layer-types";
import { llamaLike, llamaMarker } from "./llama-like";
import { rotaryOf } from "./rotary";

/** Command R and R7B (Cohere 1 and 2): LayerNorm without offset, read by both branches; the second has positions only where attention is local. */
export const cohere: Family = {
  name: "cohere",
  modelTypes: ["cohere", "cohere2"],
  recognises: () => false,
  build: (weights, config) => {
    if (flag(config, "use_qk_norm", false)) {
      throw new UserError(`config.json: "use_qk_norm" is true, and Cohere's norms of single heads are not read; use a capture file (docs/capture.md).`);
    }
    const isSecond = config["model_type"] === "cohere2";
    const local = (index: number): boolean => isSecond && (index + 1) % (optionalSize(config, "sliding_window_pattern") ?? 4) !== 0;
    return llamaLike(weights.within(llamaMarker), config, {
      family: "cohere",
      kind: "layernorm",
      eps: 1e-5,
      parallel: true,
      attention: (index) => ({ window: windowOf(config, index, local) }),
      rotary: (index, headSize) => (isSecond && !isLocal(config, index, local) ? undefined : rotaryOf(config, headSize, "neighbours")),
      logits: { scale: optionalNumber(config, "logit_scale") ?? 0.0625 },
    });
  },
};
