import type { Linear } from "../graph/builder";
import { activation } from "./activation";
import type { Architecture, Config, Family } from "./architecture";
import { architectureName, eps, headSize, optionalSize, optionalText, size } from "./config";
import { decoder, placedEmbedding, tiedHead } from "./decoder";
import { decoderBlocks, type DecoderBlock } from "./decoder-block";
import { denseFeedForward } from "./feed-forward";
import { normsOf } from "./norm-in";
import { separateProjection } from "./projections";
import { any, holds, type Weights } from "./weights";

const marker = "h.0.attn.attention.q_proj.weight";

/** GPT-Neo: GPT-2 with scores that are not scaled, and attention that is local in every other block. */
export const gptNeo: Family = {
  name: "gpt_neo",
  modelTypes: ["gpt_neo"],
  recognises: (checkpoint) => holds(checkpoint, marker),
  build: (weights, config) => build(weights.within(marker), config),
};

function build(weights: Weights, config: Config): Architecture {
  const tokenTable = weights.tensor("wte.weight", [any, any]);
  const [vocabularySize, width] = tokenTable.shape as [number, number];
  const positionTable = weights.tensor("wpe.weight", [any, width]);
  const depth = weights.blocks((block) => `h.${block}.attn.attention.q_proj.weight`, optionalSize(config, "num_layers"));
  const heads = size(config, "num_heads");
  const act = activation(optionalText(config, "activation_function") ?? "gelu_new");
  const norm = normsOf("layernorm", eps(config, ["layer_norm_epsilon"], 1e-5));
  const window = optionalSize(config, "window_size") ?? 256;

  const block = (index: number): DecoderBlock => {
    const parts = weights.at(`h.${index}`);
    const shape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: true, scale: 1, window: isLocal(config, index) ? window : undefined };
    const layer = (name: string): Linear => parts.linear(`attn.attention.${name}`, width, width);
    return {
      attention: { shape, project: separateProjection([layer("q_proj"), layer("k_proj"), layer("v_proj")], shape), out: layer("out_proj") },
      feedForward: denseFeedForward(parts.feedForward("mlp.c_fc", "mlp.c_proj", width), act),
      attentionNorm: norm(parts, "ln_1", width, "attention", index),
      ffnNorm: norm(parts, "ln_2", width, "ffn", index),
    };
  };

  return decoder({
    name: architectureName(config, "gpt_neo"),
    width,
    depth,
    vocabularySize,
    contextLength: positionTable.shape[0]!,
    embed: placedEmbedding(tokenTable, positionTable),
    block: decoderBlocks(width, block),
    finalNorm: norm(weights, "ln_f", width, "final", depth),
    head: tiedHead(weights.outside("transformer."), "lm_head.weight", tokenTable),
  });
}

/** `attention_layers` names each block's attention; without it every other block's is local. */
function isLocal(config: Config, index: number): boolean {
  const stated: unknown = config["attention_layers"];
  return (Array.isArray(stated) ? stated[index] : index % 2 === 0 ? "global" : "local") === "local";
}
