import type { Family } from "./architecture";
import { windowOf } from "./layer-types";
import { huggingFaceNames, llamaLike, llamaMarker } from "./llama-like";

/** StarCoder 2: LLaMA with LayerNorm, biases and a plain feed-forward. */
export const starcoder2: Family = {
  name: "starcoder2",
  modelTypes: ["starcoder2"],
  recognises: () => false,
  build: (weights, config) =>
    llamaLike(weights.within(llamaMarker), config, {
      family: "starcoder2",
      names: { ...huggingFaceNames, up: "mlp.c_fc", down: "mlp.c_proj" },
      kind: "layernorm",
      eps: 1e-5,
      act: "gelu_pytorch_tanh",
      attention: (index) => ({ window: windowOf(config, index, () => true) }),
    }),
};
