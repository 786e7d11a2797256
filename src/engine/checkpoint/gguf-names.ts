import { UserError } from "../../shared/errors";
import type { GgufHeader, GgufValue } from "./gguf-header";
import type { JsonObject } from "./json";

/** How llama.cpp's converter renamed a family's tensors and configuration, the other way round. */
interface Renaming {
  /** The family's own name of each tensor outside the blocks. */
  readonly ends: Readonly<Record<string, string>>;
  /** Where a block's tensors stand, with # for its number. */
  readonly block: string;
  /** The family's own name of each tensor in a block, with * for the number of an expert where a tensor holds those of all experts. */
  readonly parts: Readonly<Record<string, string>>;
  /** The configuration's name of each entry of the metadata, without the architecture before it. */
  readonly fields: Readonly<Record<string, string>>;
  /** What the metadata leave unsaid. */
  readonly constants: JsonObject;
  /** What YaRN needs beside what the metadata state of it. */
  readonly yarn?: JsonObject;
  /** What follows from several entries of the metadata. */
  readonly derived?: (number: (field: string) => number | undefined) => JsonObject;
}

/** Also Mixtral. Meta's names, because their converter gives queries and keys the order of channels that Meta's rotary positions expect. */
const llama: Renaming = {
  ends: { token_embd: "tok_embeddings", output_norm: "norm", output: "output" },
  block: "layers.#",
  parts: {
    attn_norm: "attention_norm",
    attn_q: "attention.wq",
    attn_k: "attention.wk",
    attn_v: "attention.wv",
    attn_output: "attention.wo",
    ffn_norm: "ffn_norm",
    ffn_gate: "feed_forward.w1",
    ffn_down: "feed_forward.w2",
    ffn_up: "feed_forward.w3",
    ffn_gate_inp: "feed_forward.gate",
    ffn_gate_exps: "feed_forward.experts.*.w1",
    ffn_down_exps: "feed_forward.experts.*.w2",
    ffn_up_exps: "feed_forward.experts.*.w3",
  },
  fields: {
    block_count: "n_layers",
    "attention.head_count": "n_heads",
    "attention.head_count_kv": "n_kv_heads",
    "attention.key_length": "head_dim",
    "attention.layer_norm_rms_epsilon": "norm_eps",
    context_length: "max_seq_len",
    "rope.freq_base": "rope_theta",
    expert_used_count: "num_experts_per_tok",
  },
  constants: { model_type: "llama" },
};

const gpt2: Renaming = {
  ends: { token_embd: "wte", position_embd: "wpe", output_norm: "ln_f", output: "lm_head" },
  block: "h.#",
  parts: { attn_norm: "ln_1", attn_qkv: "attn.c_attn", attn_output: "attn.c_proj", ffn_norm: "ln_2", ffn_up: "mlp.c_fc", ffn_down: "mlp.c_proj" },
  fields: { block_count: "n_layer", "attention.head_count": "n_head", "attention.layer_norm_epsilon": "layer_norm_epsilon" },
  constants: { model_type: "gpt2", activation_function: "gelu_new" },
};

const bert: Renaming = {
  ends: {
    token_embd: "embeddings.word_embeddings",
    position_embd: "embeddings.position_embeddings",
    token_types: "embeddings.token_type_embeddings",
    token_embd_norm: "embeddings.LayerNorm",
  },
  block: "encoder.layer.#",
  parts: {
    attn_q: "attention.self.query",
    attn_k: "attention.self.key",
    attn_v: "attention.self.value",
    attn_output: "attention.output.dense",
    attn_output_norm: "attention.output.LayerNorm",
    ffn_up: "intermediate.dense",
    ffn_down: "output.dense",
    layer_output_norm: "output.LayerNorm",
  },
  fields: {
    block_count: "num_hidden_layers",
    embedding_length: "hidden_size",
    "attention.head_count": "num_attention_heads",
    "attention.layer_norm_epsilon": "layer_norm_eps",
    context_length: "max_position_embeddings",
  },
  constants: { model_type: "bert", hidden_act: "gelu" },
};

/** Qwen 2 and 3, also the language models of those that see images: Hugging Face's names, since their rotary positions are in its order. */
const qwen: Renaming = {
  ends: { token_embd: "model.embed_tokens", output_norm: "model.norm", output: "lm_head" },
  block: "model.layers.#",
  parts: {
    attn_norm: "input_layernorm",
    attn_q: "self_attn.q_proj",
    attn_k: "self_attn.k_proj",
    attn_v: "self_attn.v_proj",
    attn_q_norm: "self_attn.q_norm",
    attn_k_norm: "self_attn.k_norm",
    attn_output: "self_attn.o_proj",
    ffn_norm: "post_attention_layernorm",
    ffn_gate: "mlp.gate_proj",
    ffn_up: "mlp.up_proj",
    ffn_down: "mlp.down_proj",
  },
  fields: {
    block_count: "num_hidden_layers",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "attention.key_length": "head_dim",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
    context_length: "max_position_embeddings",
    "rope.freq_base": "rope_theta",
  },
  constants: {},
};

/** Qwen 2 and 3 with experts. */
const qwenExperts: Renaming = {
  ...qwen,
  parts: {
    ...qwen.parts,
    ffn_gate_inp: "mlp.gate",
    ffn_gate_exps: "mlp.experts.*.gate_proj",
    ffn_up_exps: "mlp.experts.*.up_proj",
    ffn_down_exps: "mlp.experts.*.down_proj",
    ffn_gate_inp_shexp: "mlp.shared_expert_gate",
    ffn_gate_shexp: "mlp.shared_expert.gate_proj",
    ffn_up_shexp: "mlp.shared_expert.up_proj",
    ffn_down_shexp: "mlp.shared_expert.down_proj",
  },
  fields: { ...qwen.fields, expert_used_count: "num_experts_per_tok" },
};

/** gpt-oss: gates and ups are in two tensors, not in turn in one. */
const gptOss: Renaming = {
  ...qwen,
  parts: {
    ...qwen.parts,
    attn_sinks: "self_attn.sinks",
    post_attention_norm: "post_attention_layernorm",
    ffn_gate_inp: "mlp.router",
    ffn_gate_exps: "mlp.experts.*.gate_proj",
    ffn_up_exps: "mlp.experts.*.up_proj",
    ffn_down_exps: "mlp.experts.*.down_proj",
  },
  fields: { ...qwen.fields, expert_used_count: "num_experts_per_tok", "attention.sliding_window": "sliding_window" },
  constants: { model_type: "gpt_oss" },
  yarn: { truncate: false },
};

/** Gemma 1: the converter stores gains whole, not less 1. */
const gemma: Renaming = { ...qwen, constants: { model_type: "gemma", norm_weight_offset: 0, tie_word_embeddings: true } };

/** Blocks of Gemma 2 27B, whose scores alone are not divided by the root of the head size. */
const blocksOfLargestGemma2 = 46;

const gemma2: Renaming = {
  ...qwen,
  parts: { ...qwen.parts, post_attention_norm: "post_attention_layernorm", ffn_norm: "pre_feedforward_layernorm", post_ffw_norm: "post_feedforward_layernorm" },
  fields: { ...qwen.fields, attn_logit_softcapping: "attn_logit_softcapping", final_logit_softcapping: "final_logit_softcapping", "attention.sliding_window": "sliding_window" },
  constants: { ...gemma.constants, model_type: "gemma2" },
  derived: scoreScale(blocksOfLargestGemma2),
};

/** Blocks of Gemma 3 27B, for which the same holds. */
const blocksOfLargestGemma3 = 62;

/** The language model of Gemma 3; what sees images is a file of its own. */
const gemma3: Renaming = {
  ...gemma2,
  fields: { ...gemma2.fields, "attention.sliding_window_pattern": "sliding_window_pattern", "rope.freq_base_swa": "rope_local_base_freq" },
  constants: { ...gemma.constants, model_type: "gemma3_text" },
  derived: scoreScale(blocksOfLargestGemma3),
};

const phi3: Renaming = {
  ...qwen,
  parts: { ...qwen.parts, attn_qkv: "self_attn.qkv_proj", ffn_up: "mlp.gate_up_proj" },
  fields: { ...qwen.fields, "attention.sliding_window": "sliding_window" },
  constants: { model_type: "phi3" },
  derived: (number) => {
    const [turned, width, heads] = [number("rope.dimension_count"), number("embedding_length"), number("attention.head_count")];
    return turned === undefined || width === undefined || heads === undefined ? {} : { partial_rotary_factor: (turned * heads) / width };
  },
};

/** By general.architecture. */
const renamings: Readonly<Record<string, Renaming>> = {
  llama,
  gpt2,
  bert,
  gemma,
  gemma2,
  gemma3,
  phi3,
  qwen2: { ...qwen, constants: { model_type: "qwen2" } },
  qwen3: { ...qwen, constants: { model_type: "qwen3" } },
  qwen2vl: { ...qwen, constants: { model_type: "qwen2" } },
  qwen3vl: { ...qwen, constants: { model_type: "qwen3" } },
  "gpt-oss": gptOss,
  qwen2moe: { ...qwenExperts, constants: { model_type: "qwen2_moe", norm_topk_prob: false } },
  qwen3moe: { ...qwenExperts, constants: { model_type: "qwen3_moe", norm_topk_prob: true } },
};

/** The name of a tensor in its family's own words, with * for the number of an expert where it holds those of all experts; as it stands where it is not known. */
export type Rename = (name: string) => string;

/**
 * The names and the configuration that a family's own checkpoints have, for a GGUF file's.
 * A family without a renaming keeps its names, with a model_type that nobody knows: names in GGUF mean nothing elsewhere.
 * @throws UserError where the metadata state a scaling of positions that would be lost.
 */
export function familiar({ metadata }: GgufHeader, path: string): { rename: Rename; config: JsonObject } {
  const architecture = metadata.get("general.architecture");
  const renaming = typeof architecture === "string" && Object.hasOwn(renamings, architecture) ? renamings[architecture] : undefined;
  if (!renaming) return { rename: (name) => name, config: { model_type: `${typeof architecture === "string" ? architecture : "unknown"} in GGUF` } };
  const value = (field: string): GgufValue | undefined => metadata.get(`${String(architecture)}.${field}`);
  const fields = Object.entries(renaming.fields).flatMap(([field, name]): [string, GgufValue | undefined][] => (value(field) === undefined ? [] : [[name, value(field)]]));
  const config: JsonObject = Object.fromEntries(fields);
  const number = (field: string): number | undefined => {
    const stated = value(field);
    return typeof stated === "number" ? stated : undefined;
  };
  return { rename: (name) => renamed(name, renaming), config: { ...config, ...positionScaling(value, path, renaming.yarn), ...renaming.derived?.(number), ...renaming.constants } };
}

/** What Gemma's scores are divided by the root of: the head size, but in the largest model the width of all heads. */
function scoreScale(blocksOfLargest: number): NonNullable<Renaming["derived"]> {
  return (number) => {
    const size = number("block_count") === blocksOfLargest ? (number("embedding_length") ?? NaN) / (number("attention.head_count") ?? NaN) : number("attention.key_length");
    return size === undefined ? {} : { query_pre_attn_scalar: size };
  };
}

function renamed(name: string, { ends, block, parts }: Renaming): string {
  const match = /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(name);
  const [index, part, kind] = [match?.[1], match?.[2] ?? "", match?.[3] ?? ""];
  if (index === undefined) return Object.hasOwn(ends, part) ? `${ends[part]!}.${kind}` : name;
  return Object.hasOwn(parts, part) ? `${block.replace("#", index)}.${parts[part]!}.${kind}` : name;
}

/** rope_scaling of config.json. */
function positionScaling(value: (field: string) => GgufValue | undefined, path: string, yarn: JsonObject = {}): JsonObject {
  const kind = value("rope.scaling.type") ?? "none";
  if (kind === "none") return {};
  const factor = value("rope.scaling.factor") ?? 1;
  if (kind === "linear") return { rope_scaling: { rope_type: "linear", factor } };
  if (kind === "yarn") return { rope_scaling: { rope_type: "yarn", factor, original_max_position_embeddings: value("rope.scaling.original_context_length"), ...yarn } };
  throw new UserError(`${path} scales positions by ${String(kind)}, which NormLens does not read from GGUF files; use the safetensors checkpoint that it was made from.`);
}
