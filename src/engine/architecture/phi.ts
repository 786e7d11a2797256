import type { NormSpecification } from "../graph/builder";
import { activation } from "./activation";
import type { Architecture, Config, Family } from "./architecture";
import { architectureName, eps, headSize, keyValueHeadCount, optionalSize, optionalText, size } from "./config";
import { biasedHead, decoder, tableEmbedding } from "./decoder";
import { decoderBlocks, type DecoderBlock } from "./decoder-block";
import { denseFeedForward } from "./feed-forward";
import { normsOf } from "./norm-in";
import { separateProjection } from "./projections";
import { rotaryOf } from "./rotary";
import { any, type Weights } from "./weights";

const marker = "layers.0.self_attn.dense.weight";

/** Phi 1 and 2: both branches read the same norm, half of each head is turned. */
export const phi: Family = {
  name: "phi",
  modelTypes: ["phi"],
  recognises: () => false,
  build: (weights, config) => build(weights.within(marker), { partial_rotary_factor: 0.5, ...config }),
};

function build(weights: Weights, config: Config): Architecture {
  const tokenTable = weights.tensor("embed_tokens.weight", [any, any]);
  const [vocabularySize, width] = tokenTable.shape as [number, number];
  const depth = weights.blocks((block) => `layers.${block}.self_attn.dense.weight`, optionalSize(config, "num_hidden_layers"));
  const heads = size(config, "num_attention_heads");
  const keyValueHeads = keyValueHeadCount(config, heads);
  const shape = { heads, keyValueHeads, headSize: headSize(width, heads), causal: true };
  const act = activation(optionalText(config, "hidden_act") ?? "gelu_new");
  const norm = normsOf("layernorm", eps(config, ["layer_norm_eps"], 1e-5));
  const keyWidth = keyValueHeads * shape.headSize;

  const block = (index: number): DecoderBlock => {
    const parts = weights.at(`layers.${index}`);
    const headNorm = (name: string, role: "query" | "key"): NormSpecification | undefined =>
      parts.hasNorm(name) ? norm(parts, name, shape.headSize, role, index) : undefined;
    return {
      attention: {
        shape,
        project: separateProjection(
          [parts.linear("self_attn.q_proj", width, width), parts.linear("self_attn.k_proj", width, keyWidth), parts.linear("self_attn.v_proj", width, keyWidth)],
          shape,
        ),
        queryNorm: headNorm("self_attn.q_layernorm", "query"),
        keyNorm: headNorm("self_attn.k_layernorm", "key"),
        rotary: rotaryOf(config, shape.headSize),
        out: parts.linear("self_attn.dense", width, width),
      },
      feedForward: denseFeedForward(parts.feedForward("mlp.fc1", "mlp.fc2", width), act),
      attentionNorm: norm(parts, "input_layernorm", width, "attention", index),
      parallel: true,
    };
  };

  return decoder({
    name: architectureName(config, "phi"),
    width,
    depth,
    vocabularySize,
    contextLength: optionalSize(config, "max_position_embeddings") ?? 2048,
    embed: tableEmbedding(tokenTable),
    block: decoderBlocks(width, block),
    finalNorm: norm(weights, "final_layernorm", width, "final", depth),
    head: biasedHead(weights.outside("model."), "lm_head", tokenTable),
  });
}
