import { UserError } from "../../shared/errors";
import { activation } from "./activation";
import type { Architecture, Config, Family } from "./architecture";
import { architectureName, eps, flag, headSize, keyValueHeadCount, optionalSize, optionalText, size } from "./config";
import { decoder, tableEmbedding, tiedHead } from "./decoder";
import { decoderBlocks, type DecoderBlock } from "./decoder-block";
import { denseFeedForward } from "./feed-forward";
import { normsOf } from "./norm-in";
import { interleavedProjection } from "./projections";
import { rotaryOf } from "./rotary";
import { any, type Weights } from "./weights";

const marker = "h.0.self_attention.query_key_value.weight";

/** Falcon: both branches read the block's input, through one norm or one each; or one branch after the other. */
export const falcon: Family = {
  name: "falcon",
  modelTypes: ["falcon", "RefinedWeb", "RefinedWebModel"],
  recognises: () => false,
  build: (weights, config) => build(weights.within(marker), config),
};

function build(weights: Weights, config: Config): Architecture {
  if (flag(config, "alibi", false)) throw new UserError(`config.json: "alibi" is true, and Falcon's way of rounding it is not computed; use a capture file (docs/capture.md).`);
  const tokenTable = weights.tensor("word_embeddings.weight", [any, any]);
  const [vocabularySize, width] = tokenTable.shape as [number, number];
  const depth = weights.blocks((block) => `h.${block}.self_attention.query_key_value.weight`, optionalSize(config, "num_hidden_layers", "n_layer"));
  const heads = size(config, "num_attention_heads", "n_head");
  const isNew = flag(config, "new_decoder_architecture", false);
  const keyValueHeads = keyValueHeadsOf(config, heads, isNew);
  const shape = { heads, keyValueHeads, headSize: headSize(width, heads), causal: true };
  const act = activation(optionalText(config, "activation") ?? "gelu");
  const norm = normsOf("layernorm", eps(config, ["layer_norm_epsilon"], 1e-5));

  const block = (index: number): DecoderBlock => {
    const parts = weights.at(`h.${index}`);
    const attentionNorm = parts.has("ln_attn.weight") ? "ln_attn" : "input_layernorm";
    const ffnNorm = ["ln_mlp", "post_attention_layernorm"].find((name) => parts.hasNorm(name));
    return {
      attention: {
        shape,
        project: interleavedProjection(parts.linear("self_attention.query_key_value", width, (heads + 2 * keyValueHeads) * shape.headSize), shape),
        rotary: rotaryOf(config, shape.headSize),
        out: parts.linear("self_attention.dense", width, width),
      },
      feedForward: denseFeedForward(parts.feedForward("mlp.dense_h_to_4h", "mlp.dense_4h_to_h", width), act),
      attentionNorm: norm(parts, attentionNorm, width, "attention", index),
      ffnNorm: ffnNorm === undefined ? undefined : norm(parts, ffnNorm, width, "ffn", index),
      parallel: isNew || flag(config, "parallel_attn", true),
    };
  };

  return decoder({
    name: architectureName(config, "falcon"),
    width,
    depth,
    vocabularySize,
    contextLength: optionalSize(config, "max_position_embeddings") ?? 2048,
    embed: tableEmbedding(tokenTable),
    block: decoderBlocks(width, block),
    finalNorm: norm(weights, "ln_f", width, "final", depth),
    head: tiedHead(weights.outside("transformer."), "lm_head.weight", tokenTable),
  });
}

/** The first Falcons have one key and value head, or as many as there are queries; later ones state how many. */
function keyValueHeadsOf(config: Config, heads: number, isNew: boolean): number {
  if (isNew) return keyValueHeadCount({ num_key_value_heads: config["num_kv_heads"] ?? config["n_head_kv"] }, heads);
  return flag(config, "multi_query", true) ? 1 : heads;
}
