import type { Linear } from "../graph/builder";
import { activation } from "./activation";
import type { Architecture, Config, Family } from "./architecture";
import { architectureName, eps, headSize, optionalSize, optionalText, size } from "./config";
import { biasedHead, decoder, tableEmbedding } from "./decoder";
import { decoderBlocks, type DecoderBlock } from "./decoder-block";
import { denseFeedForward } from "./feed-forward";
import { normsOf } from "./norm-in";
import { separateProjection } from "./projections";
import { rotaryOf } from "./rotary";
import { any, holds, type Weights } from "./weights";

const marker = "h.0.mlp.fc_in.weight";

/** GPT-J: both branches read one norm, part of each head is turned in neighbouring pairs. */
export const gptj: Family = {
  name: "gptj",
  modelTypes: ["gptj"],
  recognises: (checkpoint) => holds(checkpoint, marker) && holds(checkpoint, "h.0.attn.q_proj.weight"),
  build: (weights, config) => build(weights.within(marker), config),
};

function build(weights: Weights, config: Config): Architecture {
  const tokenTable = weights.tensor("wte.weight", [any, any]);
  const [vocabularySize, width] = tokenTable.shape as [number, number];
  const depth = weights.blocks((block) => `h.${block}.ln_1.weight`, optionalSize(config, "n_layer"));
  const heads = size(config, "n_head");
  const shape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: true };
  const act = activation(optionalText(config, "activation_function") ?? "gelu_new");
  const norm = normsOf("layernorm", eps(config, ["layer_norm_epsilon"], 1e-5));
  const rotary = rotaryOf({ partial_rotary_factor: (optionalSize(config, "rotary_dim") ?? 64) / shape.headSize }, shape.headSize, "neighbours");

  const block = (index: number): DecoderBlock => {
    const parts = weights.at(`h.${index}`);
    const layer = (name: string): Linear => parts.linear(`attn.${name}`, width, width);
    return {
      attention: { shape, project: separateProjection([layer("q_proj"), layer("k_proj"), layer("v_proj")], shape), rotary, out: layer("out_proj") },
      feedForward: denseFeedForward(parts.feedForward("mlp.fc_in", "mlp.fc_out", width), act),
      attentionNorm: norm(parts, "ln_1", width, "attention", index),
      parallel: true,
    };
  };

  return decoder({
    name: architectureName(config, "gptj"),
    width,
    depth,
    vocabularySize,
    contextLength: optionalSize(config, "n_positions") ?? 2048,
    embed: tableEmbedding(tokenTable),
    block: decoderBlocks(width, block),
    finalNorm: norm(weights, "ln_f", width, "final", depth),
    head: biasedHead(weights.outside("transformer."), "lm_head", tokenTable),
  });
}
