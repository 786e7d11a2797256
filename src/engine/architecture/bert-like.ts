import { outSize, type GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation } from "./activation";
import { blockIndices, hiddenState, stage, type Architecture, type Config, type Stage } from "./architecture";
import type { AttentionShape } from "./attention";
import { architectureName, eps, headSize, optionalSize, optionalText, size } from "./config";
import { encoderBlock } from "./encoder-block";
import { logitsStage, maskedHeadStage } from "./ends";
import { normsOf } from "./norm-in";
import { contextLengthOf, tokenEmbedding, tokenEmbeddingStage } from "./token-embedding";
import { any, type Weights } from "./weights";

/** Names of a block's parts. */
export interface BertNames {
  readonly block: (index: number | string) => string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOut: string;
  readonly attentionNorm: string;
  readonly up: string;
  readonly down: string;
  readonly ffnNorm: string;
}

/** Names of a masked-language head's parts, which stand outside the model proper. */
export interface MaskedHeadNames {
  readonly dense: string;
  readonly norm: string;
  readonly decoder: string;
  readonly bias: string;
}

/** As BERT has them. */
export const bertNames: BertNames = {
  block: (index) => `encoder.layer.${index}`,
  query: "attention.self.query",
  key: "attention.self.key",
  value: "attention.self.value",
  attentionOut: "attention.output.dense",
  attentionNorm: "attention.output.LayerNorm",
  up: "intermediate.dense",
  down: "output.dense",
  ffnNorm: "output.LayerNorm",
};

/** As BERT has them. */
export const bertHead: MaskedHeadNames = {
  dense: "cls.predictions.transform.dense",
  norm: "cls.predictions.transform.LayerNorm",
  decoder: "cls.predictions.decoder.weight",
  bias: "cls.predictions.bias",
};

/** As RoBERTa and MPNet have them. */
export const languageModelHead: MaskedHeadNames = { dense: "lm_head.dense", norm: "lm_head.layer_norm", decoder: "lm_head.decoder.weight", bias: "lm_head.bias" };

/** A tensor that BERT and all that descends from it have. */
export const bertMarker = "embeddings.word_embeddings.weight";

/** What a family has of its own. */
export interface BertForm {
  readonly family: string;
  /** Module that holds the model in a checkpoint with a head: "bert." */
  readonly module: string;
  readonly names: BertNames;
  /** The masked-language head, where it is read. */
  readonly head?: MaskedHeadNames;
  /** Row of the first position in the table of positions. */
  readonly firstPosition?: number;
  /** What is particular to the attention of a block that reads x. */
  readonly attention?: (g: GraphBuilder, x: Value, parts: Weights) => Partial<AttentionShape>;
  /** Stages between the embedding and the blocks. */
  readonly between?: readonly Stage[];
}

/** BERT and what descends from it: blocks of attention to all positions with the norms behind the branches, with or without a masked-language head. */
export function bertLike(weights: Weights, config: Config, form: BertForm): Architecture {
  const { names } = form;
  const tables = tokenEmbedding(weights, form.firstPosition);
  const [vocabularySize, embeddingSize] = tables.words.shape as [number, number];
  const widening = weights.has("embeddings_project.weight") ? weights.linear("embeddings_project", embeddingSize, any) : undefined;
  const width = widening ? outSize(widening) : embeddingSize;
  const depth = weights.blocks((block) => `${names.block(block)}.${names.query}.weight`, optionalSize(config, "num_hidden_layers", "n_layers"));
  const heads = size(config, "num_attention_heads", "n_heads");
  const shape: AttentionShape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: false };
  const act = activation(optionalText(config, "hidden_act") ?? optionalText(config, "activation") ?? "gelu");
  const norm = normsOf("layernorm", eps(config, ["layer_norm_eps"], 1e-12));

  const block = (index: number): Stage =>
    stage(`block ${index}`, (g) => {
      const parts = weights.at(names.block(index));
      const x = g.input(hiddenState(index), "float32", ["batch", "sequence", width]);
      const layers = {
        query: parts.linear(names.query, width, width),
        key: parts.linear(names.key, width, width),
        value: parts.linear(names.value, width, width),
        attentionOut: parts.linear(names.attentionOut, width, width),
        attentionNorm: norm(parts, names.attentionNorm, width, "post-attention", index),
        ...parts.feedForward(names.up, names.down, width),
        ffnNorm: norm(parts, names.ffnNorm, width, "post-ffn", index),
      };
      g.output(encoderBlock(g, x, layers, { ...shape, ...form.attention?.(g, x, parts) }, act), hiddenState(index + 1));
    });

  const outer = weights.outside(form.module);
  const head = form.head && outer.has(`${form.head.dense}.weight`) ? form.head : undefined;
  const transform = (of: MaskedHeadNames): Stage =>
    maskedHeadStage(hiddenState(depth), outer.linear(of.dense, width, width), act, norm(outer, of.norm, width, "final", depth));
  const decoder = (of: MaskedHeadNames): Stage =>
    logitsStage({
      layout: "out-in",
      weight: outer.optional(of.decoder, [vocabularySize, width]) ?? tables.words,
      bias: outer.optional(of.bias, [vocabularySize]),
    });

  return {
    name: architectureName(config, form.family),
    width,
    depth,
    isLanguageModel: true,
    input: { modality: "text", vocabularySize, contextLength: contextLengthOf(tables) ?? size(config, "max_position_embeddings") },
    stages: [
      tokenEmbeddingStage(tables, norm(weights, "embeddings.LayerNorm", embeddingSize, "embedding", 0), widening),
      ...(form.between ?? []),
      ...blockIndices(depth).map(block),
      ...(head ? [transform(head)] : []),
    ],
    ...(head && { head: decoder(head) }),
    assumptions: [],
  };
}
