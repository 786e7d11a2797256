import { UserError } from "../../shared/errors";
import { outSize, type Linear } from "../graph/builder";
import { activation } from "./activation";
import type { Architecture, Config, Family } from "./architecture";
import { architectureName, eps, flag, headSize, optionalSize, optionalText } from "./config";
import { decoder, placedEmbedding, tiedHead } from "./decoder";
import { decoderBlocks, type DecoderBlock } from "./decoder-block";
import { denseFeedForward } from "./feed-forward";
import { normsOf } from "./norm-in";
import { fusedProjection } from "./projections";
import { any, holds, type Weights } from "./weights";

/** Heads of the model sizes that GPT-2, minGPT and nanoGPT publish, by number of blocks and width. */
const publishedHeads: Readonly<Record<string, number>> = {
  "3 x 48": 3,
  "4 x 128": 4,
  "6 x 192": 6,
  "6 x 384": 6,
  "8 x 512": 16,
  "12 x 768": 12,
  "24 x 1024": 16,
  "36 x 1280": 20,
  "48 x 1600": 25,
};

const marker = "h.0.ln_1.weight";

/** GPT-2, in the names of Hugging Face, minGPT and nanoGPT. */
export const gpt2: Family = {
  name: "gpt2",
  modelTypes: ["gpt2", "gpt-nano", "gpt-micro", "gpt-mini", "gopher-44m"],
  recognises: (checkpoint) => holds(checkpoint, marker) && holds(checkpoint, "wpe.weight"),
  build: (weights, config) => build(weights.within(marker), config),
};

function build(weights: Weights, config: Config): Architecture {
  const tokenTable = weights.tensor("wte.weight", [any, any]);
  const [vocabularySize, width] = tokenTable.shape as [number, number];
  const positionTable = weights.tensor("wpe.weight", [any, width]);
  const depth = weights.blocks((block) => `h.${block}.ln_1.weight`, optionalSize(config, "n_layer"));
  const stated = optionalSize(config, "n_head");
  const heads = stated ?? usualHeads(weights, depth, width);
  const act = activation(optionalText(config, "activation_function") ?? usualActivation(weights, width));
  const normEps = eps(config, ["layer_norm_epsilon"], 1e-5);
  const attentionShape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: true };
  const linear = denseLayers(weights, width);

  const norm = normsOf("layernorm", normEps);

  const block = (index: number): DecoderBlock => {
    const names = weights.at(`h.${index}`);
    const shape = { ...attentionShape, scale: attentionScale(config, attentionShape.headSize, index) };
    const up = linear(names, "mlp.c_fc", width, any);
    return {
      attention: {
        shape,
        project: fusedProjection(linear(names, "attn.c_attn", width, 3 * width), shape),
        out: linear(names, "attn.c_proj", width, width),
      },
      feedForward: denseFeedForward({ up, down: linear(names, "mlp.c_proj", outSize(up), width) }, act),
      attentionNorm: norm(names, "ln_1", width, "attention", index),
      ffnNorm: norm(names, "ln_2", width, "ffn", index),
    };
  };

  return decoder({
    name: architectureName(config, "gpt2"),
    width,
    depth,
    vocabularySize,
    contextLength: positionTable.shape[0]!,
    embed: placedEmbedding(tokenTable, positionTable),
    block: decoderBlocks(width, block),
    finalNorm: norm(weights, "ln_f", width, "final", depth),
    head: tiedHead(weights.outside("transformer."), "lm_head.weight", tokenTable),
    assumptions:
      stated === undefined
        ? [`No config.json states the number of attention heads; took ${heads}, as in the published model of ${depth} blocks and width ${width}.`]
        : [],
  });
}

/**
 * GPT-2 and minGPT approximate GELU by a tanh; today's nanoGPT does not, and is known by plain linear layers without
 * the causal mask that the others keep among their tensors.
 */
function usualActivation(weights: Weights, width: number): string {
  return !usesConv1d(weights, width) && !weights.has("h.0.attn.bias") ? "gelu" : "gelu_new";
}

/** Hugging Face stores dense layers as Conv1D, [in, out]; minGPT and nanoGPT as torch.nn.Linear, [out, in]. */
function denseLayers(weights: Weights, width: number): (names: Weights, name: string, inSize: number, outSize: number) => Linear {
  const conv1d = usesConv1d(weights, width);
  return (names, name, inSize, outSize) => ({
    layout: conv1d ? "in-out" : "out-in",
    weight: names.tensor(`${name}.weight`, conv1d ? [inSize, outSize] : [outSize, inSize]),
    bias: names.optional(`${name}.bias`, [outSize]),
  });
}

function usesConv1d(weights: Weights, width: number): boolean {
  return weights.tensor("h.0.attn.c_attn.weight", [any, any]).shape[0] === width;
}

function attentionScale(config: Config, size: number, block: number): number {
  const scale = flag(config, "scale_attn_weights", true) ? 1 / Math.sqrt(size) : 1;
  return flag(config, "scale_attn_by_inverse_layer_idx", false) ? scale / (block + 1) : scale;
}

function usualHeads(weights: Weights, depth: number, width: number): number {
  const heads = publishedHeads[`${depth} x ${width}`];
  if (heads !== undefined) return heads;
  throw new UserError(
    `${weights.checkpoint.path}: the number of attention heads can't be told from the tensors; put a config.json with "n_head" beside the checkpoint.`,
  );
}
