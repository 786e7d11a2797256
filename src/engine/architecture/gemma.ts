import type { Architecture, Config, Family } from "./architecture";
import { optionalNumber, optionalSize } from "./config";
import { isLocal, rotaryConfig, windowOf } from "./layer-types";
import { llamaLike, llamaMarker } from "./llama-like";
import { rotaryOf, type Rotary } from "./rotary";
import { any, type Weights } from "./weights";

/** Fields that configurations of Gemma leave out where they have these values. */
const usual: Readonly<Record<string, Config>> = {
  gemma: { head_dim: 256 },
  gemma2: { head_dim: 256, query_pre_attn_scalar: 256, sliding_window: 4096, attn_logit_softcapping: 50, final_logit_softcapping: 30 },
  gemma3: { head_dim: 256, num_attention_heads: 8, num_key_value_heads: 4, query_pre_attn_scalar: 256, sliding_window: 4096, max_position_embeddings: 131_072 },
};

/** Gemma 1 to 3. Norm weights are stored as gain - 1, but in GGUF. */
export const gemma: Family = {
  name: "gemma",
  modelTypes: ["gemma", "gemma2", "gemma3_text"],
  recognises: () => false,
  build: (weights, config) => {
    const generation = String(config["model_type"]).replace("_text", "");
    return build(weights.within(llamaMarker), { ...usual[generation], ...config }, generation);
  },
};

function build(weights: Weights, config: Config, generation: string): Architecture {
  const width = weights.tensor("embed_tokens.weight", [any, any]).shape[1]!;
  const pattern = generation === "gemma3" ? (optionalSize(config, "sliding_window_pattern") ?? 6) : 2;
  const local = (index: number): boolean => generation !== "gemma" && (index + 1) % pattern !== 0;
  const weightOffset = optionalNumber(config, "norm_weight_offset") ?? 1;
  const queryScale = optionalNumber(config, "query_pre_attn_scalar");
  return llamaLike(weights, config["hidden_act"] === "gelu" ? { ...config, hidden_act: "gelu_pytorch_tanh" } : config, {
    family: "gemma",
    act: "gelu_pytorch_tanh",
    ...(weightOffset !== 0 && { weightOffset }),
    embeddingScale: Math.sqrt(width),
    attention: (index) => ({
      window: windowOf(config, index, local),
      softCap: optionalNumber(config, "attn_logit_softcapping"),
      ...(queryScale !== undefined && { scale: 1 / Math.sqrt(queryScale) }),
    }),
    rotary: (index, headSize) => rotary(config, headSize, generation === "gemma3", isLocal(config, index, local)),
    logits: softCap(config),
  });
}

/** Gemma 3 turns slower where attention is global. */
function rotary(config: Config, headSize: number, isTwofold: boolean, isLocalBlock: boolean): Rotary {
  if (!isTwofold) return rotaryOf(config, headSize);
  if (!isLocalBlock) return rotaryOf(rotaryConfig(config, false, 1_000_000), headSize);
  const theta = optionalNumber(config, "rope_local_base_freq") ?? 10_000;
  return rotaryOf(rotaryConfig({ ...config, rope_theta: theta }, true, theta), headSize);
}

function softCap(config: Config): { softCap?: number } {
  const cap = optionalNumber(config, "final_logit_softcapping");
  return cap === undefined ? {} : { softCap: cap };
}
