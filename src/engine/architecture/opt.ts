import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation } from "./activation";
import type { Architecture, Config, Family } from "./architecture";
import { architectureName, flag, headSize, optionalSize, optionalText, size } from "./config";
import { decoder, tiedHead } from "./decoder";
import { decoderBlock } from "./decoder-block";
import { encoderBlock } from "./encoder-block";
import { denseFeedForward } from "./feed-forward";
import { normsOf } from "./norm-in";
import { separateProjection } from "./projections";
import { any, type Weights } from "./weights";

const marker = "decoder.layers.0.self_attn_layer_norm.weight";

/** Rows of the position table that stand before the first position. */
const unusedPositions = 2;

/** OPT: norms before the branches, or behind them in the model of 350 million parameters, which embeds to a size of its own, too. */
export const opt: Family = {
  name: "opt",
  modelTypes: ["opt"],
  recognises: () => false,
  build: (weights, config) => build(weights.within(marker), config),
};

function build(outer: Weights, config: Config): Architecture {
  const weights = outer.at("decoder");
  const tokenTable = weights.tensor("embed_tokens.weight", [any, any]);
  const [vocabularySize, embeddingSize] = tokenTable.shape as [number, number];
  const positions = weights.tensor("embed_positions.weight", [any, any]);
  const width = positions.shape[1]!;
  const depth = weights.blocks((block) => `layers.${block}.self_attn_layer_norm.weight`, optionalSize(config, "num_hidden_layers"));
  const heads = size(config, "num_attention_heads");
  const shape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: true };
  const act = activation(optionalText(config, "activation_function") ?? "relu");
  const norm = normsOf("layernorm", 1e-5);
  const isPreNorm = flag(config, "do_layer_norm_before", true);
  const projectIn = weights.has("project_in.weight") ? weights.linear("project_in", embeddingSize, width) : undefined;

  const embed = (g: GraphBuilder, ids: Value): Value => {
    const words = g.lookUp(tokenTable, ids);
    return g.add(projectIn ? g.project(words, projectIn) : words, g.firstRows(positions, g.sequenceLength(ids), unusedPositions));
  };

  const block = (g: GraphBuilder, x: Value, index: number): Value => {
    const parts = weights.at(`layers.${index}`);
    const [query, key, value] = ["q", "k", "v"].map((name) => parts.linear(`self_attn.${name}_proj`, width, width)) as [Layer, Layer, Layer];
    const out = parts.linear("self_attn.out_proj", width, width);
    const feedForward = parts.feedForward("fc1", "fc2", width);
    const attentionNorm = norm(parts, "self_attn_layer_norm", width, isPreNorm ? "attention" : "post-attention", index);
    const ffnNorm = norm(parts, "final_layer_norm", width, isPreNorm ? "ffn" : "post-ffn", index);
    if (!isPreNorm) return encoderBlock(g, x, { query, key, value, attentionOut: out, attentionNorm, ...feedForward, ffnNorm }, shape, act);
    const attention = { shape, project: separateProjection([query, key, value], shape), out };
    return decoderBlock(g, x, width, { attention, feedForward: denseFeedForward(feedForward, act), attentionNorm, ffnNorm });
  };

  return decoder({
    name: architectureName(config, "opt"),
    width,
    depth,
    vocabularySize,
    contextLength: positions.shape[0]! - unusedPositions,
    embed,
    block,
    ...(weights.hasNorm("final_layer_norm") && { finalNorm: norm(weights, "final_layer_norm", width, "final", depth) }),
    head: {
      ...tiedHead(outer.outside("model."), "lm_head.weight", tokenTable),
      ...(weights.has("project_out.weight") && { before: weights.linear("project_out", width, embeddingSize) }),
    },
  });
}

type Layer = ReturnType<Weights["linear"]>;
