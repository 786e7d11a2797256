import { activation } from "./activation";
import type { Architecture, Config, Family } from "./architecture";
import { architectureName, eps, flag, headSize, optionalSize, optionalText, size } from "./config";
import { decoder, placedEmbedding, tiedHead } from "./decoder";
import { decoderBlocks, type DecoderBlock } from "./decoder-block";
import { denseFeedForward } from "./feed-forward";
import { normsOf } from "./norm-in";
import { interleavedProjection } from "./projections";
import { any, type Weights } from "./weights";

const marker = "h.0.ln_1.weight";

/** StarCoder and SantaCoder: GPT-2 whose queries share one key and value head. */
export const gptBigcode: Family = {
  name: "gpt_bigcode",
  modelTypes: ["gpt_bigcode"],
  recognises: () => false,
  build: (weights, config) => build(weights.within(marker), config),
};

function build(weights: Weights, config: Config): Architecture {
  const tokenTable = weights.tensor("wte.weight", [any, any]);
  const [vocabularySize, width] = tokenTable.shape as [number, number];
  const positionTable = weights.tensor("wpe.weight", [any, width]);
  const depth = weights.blocks((block) => `h.${block}.ln_1.weight`, optionalSize(config, "n_layer"));
  const heads = size(config, "n_head");
  const keyValueHeads = flag(config, "multi_query", true) ? 1 : heads;
  const sizeOfHead = headSize(width, heads);
  const shape = { heads, keyValueHeads, headSize: sizeOfHead, causal: true, scale: flag(config, "scale_attn_weights", true) ? 1 / Math.sqrt(sizeOfHead) : 1 };
  const act = activation(optionalText(config, "activation_function") ?? "gelu_pytorch_tanh");
  const norm = normsOf("layernorm", eps(config, ["layer_norm_epsilon"], 1e-5));

  const block = (index: number): DecoderBlock => {
    const parts = weights.at(`h.${index}`);
    return {
      attention: {
        shape,
        project: interleavedProjection(parts.linear("attn.c_attn", width, (heads + 2 * keyValueHeads) * sizeOfHead), shape),
        out: parts.linear("attn.c_proj", width, width),
      },
      feedForward: denseFeedForward(parts.feedForward("mlp.c_fc", "mlp.c_proj", width), act),
      attentionNorm: norm(parts, "ln_1", width, "attention", index),
      ffnNorm: norm(parts, "ln_2", width, "ffn", index),
    };
  };

  return decoder({
    name: architectureName(config, "gpt_bigcode"),
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
