import type { NormSpecification } from "../graph/builder";
import { activation } from "./activation";
import { blockIndices, hiddenState, stage, type Architecture, type Config, type Family, type Stage } from "./architecture";
import { architectureName, eps, headSize, optionalSize, optionalText, size } from "./config";
import { logitsStage, maskedHeadStage } from "./ends";
import { encoderBlock } from "./encoder-block";
import { tokenEmbedding, tokenEmbeddingStage } from "./token-embedding";
import { holds, type Weights } from "./weights";

const marker = "embeddings.word_embeddings.weight";

/** BERT, with or without its masked-language head. */
export const bert: Family = {
  name: "bert",
  modelTypes: ["bert"],
  recognises: (checkpoint) => holds(checkpoint, marker) && holds(checkpoint, "encoder.layer.0.attention.self.query.weight"),
  build: (weights, config) => build(weights.within(marker), config),
};

function build(weights: Weights, config: Config): Architecture {
  const tables = tokenEmbedding(weights);
  const [vocabularySize, width] = tables.words.shape as [number, number];
  const depth = weights.blocks((block) => `encoder.layer.${block}.attention.self.query.weight`, optionalSize(config, "num_hidden_layers"));
  const heads = size(config, "num_attention_heads");
  const shape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: false };
  const act = activation(optionalText(config, "hidden_act") ?? "gelu");
  const normEps = eps(config, ["layer_norm_eps"], 1e-12);
  const norm = (names: Weights, name: string, role: NormSpecification["role"], index: number): NormSpecification => ({
    ...names.norm(name, width),
    kind: "layernorm",
    role,
    depth: index,
    eps: normEps,
  });

  const block = (index: number): Stage =>
    stage(`block ${index}`, (g) => {
      const names = weights.at(`encoder.layer.${index}`);
      const x = g.input(hiddenState(index), "float32", ["batch", "sequence", width]);
      const parts = {
        query: names.linear("attention.self.query", width, width),
        key: names.linear("attention.self.key", width, width),
        value: names.linear("attention.self.value", width, width),
        attentionOut: names.linear("attention.output.dense", width, width),
        attentionNorm: norm(names, "attention.output.LayerNorm", "post-attention", index),
        ...names.feedForward("intermediate.dense", "output.dense", width),
        ffnNorm: norm(names, "output.LayerNorm", "post-ffn", index),
      };
      g.output(encoderBlock(g, x, parts, shape, act), hiddenState(index + 1));
    });

  const outer = weights.outside("bert.");
  const hasHead = outer.has("cls.predictions.transform.dense.weight");
  const transform = (): Stage =>
    maskedHeadStage(
      hiddenState(depth),
      outer.linear("cls.predictions.transform.dense", width, width),
      act,
      norm(outer, "cls.predictions.transform.LayerNorm", "final", depth),
    );
  const decoder = (): Stage =>
    logitsStage({
      layout: "out-in",
      weight: outer.optional("cls.predictions.decoder.weight", [vocabularySize, width]) ?? tables.words,
      bias: outer.optional("cls.predictions.bias", [vocabularySize]),
    });

  return {
    name: architectureName(config, "bert"),
    width,
    depth,
    isLanguageModel: true,
    input: { modality: "text", vocabularySize, contextLength: tables.positions.shape[0]! },
    stages: [
      tokenEmbeddingStage(tables, norm(weights, "embeddings.LayerNorm", "embedding", 0)),
      ...blockIndices(depth).map(block),
      ...(hasHead ? [transform()] : []),
    ],
    ...(hasHead && { head: decoder() }),
    assumptions: [],
  };
}
