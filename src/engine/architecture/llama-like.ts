import { outSize, type NormSpecification } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation, type Activation } from "./activation";
import type { Architecture, Config } from "./architecture";
import type { AttentionShape } from "./attention";
import { architectureName, eps, headSize, keyValueHeadCount, optionalSize, optionalText, size } from "./config";
import { decoder, tableEmbedding, tiedHead, type LogitHead } from "./decoder";
import { decoderBlocks, type DecoderBlock, type Projection, type SelfAttention } from "./decoder-block";
import { denseFeedForward, fusedGatedFeedForward, gatedFeedForward, type FeedForward } from "./feed-forward";
import { normsOf, type NormIn } from "./norm-in";
import { fusedProjection, separateProjection } from "./projections";
import { rotaryOf, type Rotary } from "./rotary";
import { any, type Weights } from "./weights";

/** Names of a model's parts, which differ between Hugging Face and Meta. */
export interface LlamaNames {
  readonly attentionNorm: string;
  readonly ffnNorm: string;
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly attentionOut: string;
  readonly gate: string;
  readonly up: string;
  readonly down: string;
  readonly embedding: string;
  readonly head: string;
}

/** As Hugging Face calls them. */
export const huggingFaceNames: LlamaNames = {
  attentionNorm: "input_layernorm",
  ffnNorm: "post_attention_layernorm",
  q: "self_attn.q_proj",
  k: "self_attn.k_proj",
  v: "self_attn.v_proj",
  attentionOut: "self_attn.o_proj",
  gate: "mlp.gate_proj",
  up: "mlp.up_proj",
  down: "mlp.down_proj",
  embedding: "embed_tokens.weight",
  head: "lm_head.weight",
};

/** A tensor that stands where all others of the model proper do, whatever norms its blocks have. */
export const llamaMarker = "layers.0.self_attn.o_proj.weight";

/** Where a family departs from LLaMA and its tensors do not tell. */
export interface LlamaForm {
  readonly family: string;
  readonly names?: LlamaNames;
  /** Activation where the configuration names none. */
  readonly act?: string;
  /** RMSNorm unless stated. */
  readonly kind?: NormSpecification["kind"];
  readonly eps?: number;
  /** Norms that are made otherwise than of a kind and an eps. */
  readonly norms?: NormIn;
  /** What the norms' gains are more than their stored weights. */
  readonly weightOffset?: number;
  /** Factor on the embedding. */
  readonly embeddingScale?: number;
  /** True where both branches read the block's input. */
  readonly parallel?: boolean;
  /** Factor on both branches of every block. */
  readonly branchScale?: number | undefined;
  /** Largest queries, keys and values; smaller ones than its negative are raised to that. */
  readonly clip?: number | undefined;
  /** What is particular to a block's attention. */
  readonly attention?: (index: number) => Partial<AttentionShape>;
  /** A block's attention where it is not one layer each for queries, keys and values. */
  readonly selfAttention?: (parts: Weights, index: number, width: number) => SelfAttention;
  /** A block's rotary positions; undefined where it has none. */
  readonly rotary?: (index: number, headSize: number) => Rotary | undefined;
  /** A block's feed-forward where it is not one gated layer. */
  readonly feedForward?: (parts: Weights, index: number, width: number) => FeedForward | undefined;
  readonly logits?: Pick<LogitHead, "scale" | "softCap">;
}

/** LLaMA and what descends from it: RMSNorm, rotary positions, gated feed-forward; fused layers and further norms as the tensors have them. */
export function llamaLike(weights: Weights, config: Config, form: LlamaForm): Architecture {
  const names = form.names ?? huggingFaceNames;
  const tokenTable = weights.tensor(names.embedding, [any, any]);
  const [vocabularySize, width] = tokenTable.shape as [number, number];
  const depth = weights.blocks((block) => `layers.${block}.${names.attentionOut}.weight`, optionalSize(config, "num_hidden_layers", "n_layers"));
  const heads = size(config, "num_attention_heads", "n_heads");
  const keyValueHeads = keyValueHeadCount(config, heads);
  const sizeOfHead = optionalSize(config, "head_dim") ?? headSize(width, heads);
  const act = activation(optionalText(config, "hidden_activation") ?? optionalText(config, "hidden_act") ?? form.act ?? "silu");
  const rotary = form.rotary ?? ((): Rotary => rotaryOf(config, sizeOfHead));
  const normIn = form.norms ?? normsOf(form.kind ?? "rmsnorm", eps(config, ["rms_norm_eps", "norm_eps", "norm_epsilon", "layer_norm_eps"], form.eps ?? 1e-6), form.weightOffset);

  const block = (index: number): DecoderBlock => {
    const parts = weights.at(`layers.${index}`);
    const shape: AttentionShape = { heads, keyValueHeads, headSize: sizeOfHead, causal: true, ...form.attention?.(index) };
    const headNorm = (name: string, role: "query" | "key"): NormSpecification | undefined =>
      parts.hasNorm(name) ? normIn(parts, name, any, role, index) : undefined;
    return {
      attention: form.selfAttention?.(parts, index, width) ?? {
        shape,
        project: clipped(projection(parts, names, width, shape), form.clip),
        queryNorm: headNorm("self_attn.q_norm", "query"),
        keyNorm: headNorm("self_attn.k_norm", "key"),
        rotary: rotary(index, sizeOfHead),
        out: parts.linear(names.attentionOut, heads * sizeOfHead, width),
      },
      feedForward: form.feedForward?.(parts, index, width) ?? feedForward(parts, names, width, act),
      ...blockNorms(parts, names, form.parallel === true, (name, role) => normIn(parts, name, width, role, index)),
      parallel: form.parallel,
      branchScale: form.branchScale,
    };
  };

  return decoder({
    name: architectureName(config, form.family),
    width,
    depth,
    vocabularySize,
    contextLength: Math.min(optionalSize(config, "max_position_embeddings", "max_seq_len") ?? 2048, rotary(0, sizeOfHead)?.longest ?? Infinity),
    embed: tableEmbedding(tokenTable, form.embeddingScale),
    block: decoderBlocks(width, block),
    finalNorm: normIn(weights, "norm", width, "final", depth),
    head: { ...tiedHead(weights.around(names.head), names.head, tokenTable), ...form.logits },
  });
}

/** Which norms a block has: before both branches (LLaMA), behind both (OLMo 2), or before and behind (Gemma 2, GLM 4); one name has several meanings. */
function blockNorms(
  parts: Weights,
  { attentionNorm, ffnNorm }: LlamaNames,
  isParallel: boolean,
  norm: (name: string, role: NormSpecification["role"]) => NormSpecification,
): Pick<DecoderBlock, "attentionNorm" | "ffnNorm" | "postAttentionNorm" | "postFfnNorm"> {
  const optional = (name: string, role: NormSpecification["role"]): NormSpecification | undefined => (parts.hasNorm(name) ? norm(name, role) : undefined);
  if (parts.hasNorm("post_feedforward_layernorm")) {
    return {
      attentionNorm: optional(attentionNorm, "attention"),
      postAttentionNorm: norm("post_attention_layernorm", "post-attention"),
      ffnNorm: optional("pre_feedforward_layernorm", "ffn"),
      postFfnNorm: norm("post_feedforward_layernorm", "post-ffn"),
    };
  }
  return {
    attentionNorm: norm(attentionNorm, "attention"),
    postAttentionNorm: optional("post_self_attn_layernorm", "post-attention"),
    ffnNorm: isParallel ? optional(ffnNorm, "ffn") : norm(ffnNorm, "ffn"),
    postFfnNorm: optional("post_mlp_layernorm", "post-ffn"),
  };
}

/** A gated layer, with gate and up in one tensor or two, or a plain one where there is no gate. */
function feedForward(parts: Weights, names: LlamaNames, width: number, act: Activation): FeedForward {
  if (parts.has("mlp.gate_up_proj.weight")) {
    const gateUp = parts.linear("mlp.gate_up_proj", width, any);
    return fusedGatedFeedForward({ gateUp, down: parts.linear(names.down, outSize(gateUp) / 2, width) }, act);
  }
  if (!parts.has(`${names.gate}.weight`)) return denseFeedForward(parts.feedForward(names.up, names.down, width), act);
  const { up, down } = parts.feedForward(names.gate, names.down, width);
  return gatedFeedForward({ gate: up, up: parts.linear(names.up, width, outSize(up)), down }, act);
}

function projection(parts: Weights, names: LlamaNames, width: number, shape: AttentionShape): Projection {
  const [queries, keys] = [shape.heads * shape.headSize, shape.keyValueHeads * shape.headSize];
  if (parts.has("self_attn.qkv_proj.weight")) return fusedProjection(parts.linear("self_attn.qkv_proj", width, queries + 2 * keys), shape);
  return separateProjection([parts.linear(names.q, width, queries), parts.linear(names.k, width, keys), parts.linear(names.v, width, keys)], shape);
}

function clipped(project: Projection, limit: number | undefined): Projection {
  if (limit === undefined) return project;
  return (g, x) => project(g, x).map((part) => g.op("Clip", [part, g.float(-limit), g.float(limit)])) as [Value, Value, Value];
}
