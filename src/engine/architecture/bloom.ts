import { UserError } from "../../shared/errors";
import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation } from "./activation";
import { alibi } from "./alibi";
import type { Architecture, Config, Family } from "./architecture";
import { architectureName, eps, flag, headSize, optionalSize, size } from "./config";
import { decoder, tiedHead } from "./decoder";
import { decoderBlock } from "./decoder-block";
import { denseFeedForward } from "./feed-forward";
import { normsOf } from "./norm-in";
import { interleavedProjection } from "./projections";
import { any, holds, type Weights } from "./weights";

const marker = "word_embeddings_layernorm.weight";

/** BLOOM: a norm of the embedding, and ALiBi for positions. */
export const bloom: Family = {
  name: "bloom",
  modelTypes: ["bloom"],
  recognises: (checkpoint) => holds(checkpoint, marker) && holds(checkpoint, "h.0.self_attention.query_key_value.weight"),
  build: (weights, config) => build(weights.within(marker), config),
};

function build(weights: Weights, config: Config): Architecture {
  if (flag(config, "apply_residual_connection_post_layernorm", false)) {
    throw new UserError(`config.json: "apply_residual_connection_post_layernorm" is true, and such blocks are not read; use a capture file (docs/capture.md).`);
  }
  const tokenTable = weights.tensor("word_embeddings.weight", [any, any]);
  const [vocabularySize, width] = tokenTable.shape as [number, number];
  const depth = weights.blocks((block) => `h.${block}.input_layernorm.weight`, optionalSize(config, "n_layer", "num_hidden_layers"));
  const heads = size(config, "n_head", "num_attention_heads");
  const shape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: true };
  const norm = normsOf("layernorm", eps(config, ["layer_norm_epsilon"], 1e-5));
  const act = activation("gelu_new");

  const block = (g: GraphBuilder, x: Value, index: number): Value => {
    const parts = weights.at(`h.${index}`);
    return decoderBlock(g, x, width, {
      attention: {
        shape: { ...shape, bias: alibi(g, x, heads) },
        project: interleavedProjection(parts.linear("self_attention.query_key_value", width, 3 * width), shape),
        out: parts.linear("self_attention.dense", width, width),
      },
      feedForward: denseFeedForward(parts.feedForward("mlp.dense_h_to_4h", "mlp.dense_4h_to_h", width), act),
      attentionNorm: norm(parts, "input_layernorm", width, "attention", index),
      ffnNorm: norm(parts, "post_attention_layernorm", width, "ffn", index),
    });
  };

  return decoder({
    name: architectureName(config, "bloom"),
    width,
    depth,
    vocabularySize,
    contextLength: optionalSize(config, "seq_length", "max_position_embeddings") ?? 2048,
    embed: (g, ids) => g.norm(g.lookUp(tokenTable, ids), norm(weights, "word_embeddings_layernorm", width, "embedding", 0)),
    block,
    finalNorm: norm(weights, "ln_f", width, "final", depth),
    head: tiedHead(weights.outside("transformer."), "lm_head.weight", tokenTable),
  });
}
