import { activation } from "./activation";
import { blockIndices, hiddenState, stage, type Architecture, type Config, type Family, type Stage } from "./architecture";
import { architectureName, blockCount, eps, headSize, optionalSize, optionalText, size } from "./config";
import { logitsStage, maskedHeadStage } from "./ends";
import { encoderBlock } from "./encoder-block";
import { normsOf } from "./norm-in";
import { contextLengthOf, tokenEmbedding, tokenEmbeddingStage } from "./token-embedding";
import { any, holds, type Weights } from "./weights";

const marker = "embeddings.word_embeddings.weight";
const mapping = "encoder.embedding_hidden_mapping_in";

/** ALBERT: BERT whose blocks share parameters, with a narrower embedding. */
export const albert: Family = {
  name: "albert",
  modelTypes: ["albert"],
  recognises: (checkpoint) => holds(checkpoint, marker) && holds(checkpoint, `${mapping}.weight`),
  build: (weights, config) => build(weights.within(marker), config),
};

function build(weights: Weights, config: Config): Architecture {
  const tables = tokenEmbedding(weights);
  const [vocabularySize, embeddingSize] = tables.words.shape as [number, number];
  const width = weights.tensor(`${mapping}.weight`, [any, embeddingSize]).shape[0]!;
  const depth = blockCount(config, "num_hidden_layers");
  const groups = optionalSize(config, "num_hidden_groups") ?? 1;
  const layersPerGroup = config["inner_group_num"] === undefined ? 1 : blockCount(config, "inner_group_num");
  const heads = size(config, "num_attention_heads");
  const shape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: false };
  const act = activation(optionalText(config, "hidden_act") ?? "gelu_new");
  const norm = normsOf("layernorm", eps(config, ["layer_norm_eps"], 1e-12));

  const mapped = stage("embedding mapping", (g) => {
    const x = g.input(hiddenState(0), "float32", ["batch", "sequence", embeddingSize]);
    g.output(g.project(x, weights.linear(mapping, embeddingSize, width)), hiddenState(1));
  });

  const block = (index: number): Stage =>
    stage(`block ${index}`, (g) => {
      const group = Math.floor(index / (depth / groups));
      const x = g.input(hiddenState(index + 1), "float32", ["batch", "sequence", width]);
      const y = blockIndices(layersPerGroup).reduce((state, layer) => {
        const names = weights.at(`encoder.albert_layer_groups.${group}.albert_layers.${layer}`);
        const parts = {
          query: names.linear("attention.query", width, width),
          key: names.linear("attention.key", width, width),
          value: names.linear("attention.value", width, width),
          attentionOut: names.linear("attention.dense", width, width),
          attentionNorm: norm(names, "attention.LayerNorm", width, "post-attention", index),
          ...names.feedForward("ffn", "ffn_output", width),
          ffnNorm: norm(names, "full_layer_layer_norm", width, "post-ffn", index),
        };
        return encoderBlock(g, state, parts, shape, act);
      }, x);
      g.output(y, hiddenState(index + 2));
    });

  const outer = weights.outside("albert.");
  const hasHead = outer.has("predictions.dense.weight");
  const transform = (): Stage =>
    maskedHeadStage(
      hiddenState(depth + 1),
      outer.linear("predictions.dense", width, embeddingSize),
      act,
      norm(outer, "predictions.LayerNorm", embeddingSize, "final", depth),
    );
  const decoder = (): Stage =>
    logitsStage({
      layout: "out-in",
      weight: outer.optional("predictions.decoder.weight", [vocabularySize, embeddingSize]) ?? tables.words,
      bias: outer.optional("predictions.bias", [vocabularySize]),
    });

  return {
    name: architectureName(config, "albert"),
    width,
    depth,
    isLanguageModel: true,
    input: { modality: "text", vocabularySize, contextLength: contextLengthOf(tables) ?? size(config, "max_position_embeddings") },
    stages: [
      tokenEmbeddingStage(tables, norm(weights, "embeddings.LayerNorm", embeddingSize, "embedding", 0)),
      mapped,
      ...blockIndices(depth).map(block),
      ...(hasHead ? [transform()] : []),
    ],
    ...(hasHead && { head: decoder() }),
    assumptions: [],
  };
}
