import { activation } from "./activation";
import type { Architecture, Config, Family } from "./architecture";
import { architectureName, eps, flag, headSize, optionalSize, optionalText, size } from "./config";
import { decoder, tableEmbedding, tiedHead } from "./decoder";
import { decoderBlocks, type DecoderBlock } from "./decoder-block";
import { denseFeedForward } from "./feed-forward";
import { normsOf } from "./norm-in";
import { interleavedProjection } from "./projections";
import { rotaryOf } from "./rotary";
import { any, holds, type Weights } from "./weights";

const marker = "embed_in.weight";

/** GPT-NeoX and Pythia: both branches read the block's input, part of each head is turned. */
export const gptNeox: Family = {
  name: "gpt_neox",
  modelTypes: ["gpt_neox"],
  recognises: (checkpoint) => holds(checkpoint, marker) && holds(checkpoint, "layers.0.attention.query_key_value.weight"),
  build: (weights, config) => build(weights.within(marker), { rotary_pct: 0.25, ...config }),
};

function build(weights: Weights, config: Config): Architecture {
  const tokenTable = weights.tensor(marker, [any, any]);
  const [vocabularySize, width] = tokenTable.shape as [number, number];
  const depth = weights.blocks((block) => `layers.${block}.attention.query_key_value.weight`, optionalSize(config, "num_hidden_layers"));
  const heads = size(config, "num_attention_heads");
  const shape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: true };
  const act = activation(optionalText(config, "hidden_act") ?? "gelu");
  const norm = normsOf("layernorm", eps(config, ["layer_norm_eps"], 1e-5));

  const block = (index: number): DecoderBlock => {
    const parts = weights.at(`layers.${index}`);
    return {
      attention: {
        shape,
        project: interleavedProjection(parts.linear("attention.query_key_value", width, 3 * width), shape),
        rotary: rotaryOf(config, shape.headSize),
        out: parts.linear("attention.dense", width, width),
      },
      feedForward: denseFeedForward(parts.feedForward("mlp.dense_h_to_4h", "mlp.dense_4h_to_h", width), act),
      attentionNorm: norm(parts, "input_layernorm", width, "attention", index),
      ffnNorm: norm(parts, "post_attention_layernorm", width, "ffn", index),
      parallel: flag(config, "use_parallel_residual", true),
    };
  };

  return decoder({
    name: architectureName(config, "gpt_neox"),
    width,
    depth,
    vocabularySize,
    contextLength: optionalSize(config, "max_position_embeddings") ?? 2048,
    embed: tableEmbedding(tokenTable),
    block: decoderBlocks(width, block),
    finalNorm: norm(weights, "final_layer_norm", width, "final", depth),
    head: tiedHead(weights.outside("gpt_neox."), "embed_out.weight", tokenTable),
  });
}
