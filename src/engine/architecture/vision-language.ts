import type { Checkpoint } from "../checkpoint/checkpoint";
import { optionalNumber, optionalObject, optionalText } from "./config";

/** Types of models that see images beside text, and what their language model is where its own configuration does not say. */
const languageTypes: Readonly<Record<string, string>> = {
  aya_vision: "cohere2",
  gemma3: "gemma3_text",
  idefics3: "llama",
  internvl: "qwen2",
  llava: "llama",
  llava_llama: "llama",
  llava_mistral: "mistral",
  llava_next: "llama",
  llava_onevision: "qwen2",
  llava_qwen: "qwen2",
  mistral3: "mistral",
  qwen2_vl: "qwen2",
  qwen2_5_vl: "qwen2",
  qwen3_vl: "qwen3",
  smolvlm: "llama",
  vipllava: "llama",
};

/** What transformers takes where a text_config leaves it out, as those of LLaVA do. */
const usual: Readonly<Record<string, { readonly num_attention_heads: number; readonly num_key_value_heads?: number }>> = {
  llama: { num_attention_heads: 32 },
  mistral: { num_attention_heads: 32, num_key_value_heads: 8 },
};

/** A checkpoint as its family reads it, and what had to be assumed. */
export interface LanguageModel {
  readonly checkpoint: Checkpoint;
  /** Sentences for the user. */
  readonly assumptions: readonly string[];
}

/** Of a model that sees images beside text, the same checkpoint with its language model's configuration; any other as it is. @throws UserError where a field is of another kind. */
export function languageModelOf(checkpoint: Checkpoint): LanguageModel {
  const config = checkpoint.config ?? {};
  const whole = config["model_type"];
  if (typeof whole !== "string" || !Object.hasOwn(languageTypes, whole)) return { checkpoint, assumptions: [] };
  const stated = optionalObject(config, "text_config") ?? {};
  const type = languageType(whole, optionalText(stated, "model_type"));
  const own = { ...usual[type], ...config, ...stated, model_type: type };
  const assumed = usual[type]?.num_attention_heads;
  const leavesOut = assumed !== undefined && optionalNumber({ ...config, ...stated }, "num_attention_heads") === undefined;
  return {
    checkpoint: { ...checkpoint, config: { ...own, architectures: config["architectures"] } },
    assumptions: [
      "The model also sees images; its language model was fed text alone, and what sees images was left aside.",
      ...(leavesOut ? [`config.json states no number of attention heads; took ${assumed}, as transformers does.`] : []),
    ],
  };
}

/** The language model's own type, where it is one that stands alone elsewhere. */
function languageType(whole: string, stated: string | undefined): string {
  return stated === undefined || stated === `${whole}_text` ? languageTypes[whole]! : stated;
}
