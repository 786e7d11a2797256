import type { Config, Family } from "./architecture";
import { optionalObject } from "./config";
import { expertsOf, type ExpertNames } from "./experts";
import { huggingFaceNames, llamaLike, llamaMarker, type LlamaNames } from "./llama-like";
import { rotaryOf } from "./rotary";
import { holds } from "./weights";

const metaNames: LlamaNames = {
  attentionNorm: "attention_norm",
  ffnNorm: "ffn_norm",
  q: "attention.wq",
  k: "attention.wk",
  v: "attention.wv",
  attentionOut: "attention.wo",
  gate: "feed_forward.w1",
  up: "feed_forward.w3",
  down: "feed_forward.w2",
  embedding: "tok_embeddings.weight",
  head: "output.weight",
};

const metaMarker = "layers.0.attention.wo.weight";

const metaExperts: ExpertNames = { router: "feed_forward.gate", experts: "feed_forward.experts", names: ["w1", "w3", "w2"], normalised: true };

/** transformers' LLaMA turns whole heads, whatever share its configuration states. */
function turningWhole(config: Config): Config {
  const stated = optionalObject(config, "rope_parameters");
  return { ...config, partial_rotary_factor: 1, ...(stated && { rope_parameters: { ...stated, partial_rotary_factor: 1 } }) };
}

/** LLaMA 1 to 3, in the names of Hugging Face and of Meta; in the latter also Mixtral, which is LLaMA with experts. */
export const llama: Family = {
  name: "llama",
  modelTypes: ["llama"],
  recognises: (checkpoint) =>
    holds(checkpoint, `layers.0.${metaExperts.router}.weight`) ||
    [huggingFaceNames, metaNames].some((names) => [names.attentionNorm, names.q, names.gate].every((part) => holds(checkpoint, `layers.0.${part}.weight`))),
  build: (weights, config) => {
    if (!holds(weights.checkpoint, metaMarker)) return llamaLike(weights.within(llamaMarker), turningWhole(config), { family: "llama" });
    return llamaLike(weights.within(metaMarker), config, {
      family: "llama",
      names: metaNames,
      eps: 1e-5,
      rotary: (_index, headSize) => rotaryOf(config, headSize, "neighbours"),
      feedForward: (parts, _index, width) => expertsOf(parts, { ...config, ...optionalObject(config, "moe") }, width, metaExperts),
    });
  },
};
