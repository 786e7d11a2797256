import { parted } from "../checkpoint/unstacked";
import { outSize, type Linear, type NormSpecification } from "../graph/builder";
import { activation, type Activation } from "./activation";
import type { Config } from "./architecture";
import type { AttentionShape } from "./attention";
import { architectureName, optionalObject, optionalSize, optionalText } from "./config";
import { denseFeedForward, fusedGatedFeedForward, gatedFeedForward, type FeedForward } from "./feed-forward";
import { classifierIn } from "./hugging-face-vision";
import { imageSize } from "./image-size";
import { normsOf } from "./norm-in";
import type { PreNormBlock } from "./pre-norm-block";
import { refuseOtherVariants, timmVariant } from "./timm-variants";
import type { VisionTransformer } from "./vision-transformer";
import { any, type Weights } from "./weights";

/** A tensor that every vision transformer of timm has. */
export const timmMarker = "patch_embed.proj.weight";

/** Rows and columns of patches. */
export type Grid = readonly [rows: number, columns: number];

/** What a family of this naming has of its own. */
export interface TimmFamily {
  readonly name: string;
  /** Heads, where the tensors tell them. */
  readonly heads?: number;
  /** Bias on the attention scores of a block. */
  readonly attentionBias?: (parts: Weights, heads: number, grid: Grid) => AttentionShape["bias"];
  /** What places the queries and keys of a block. */
  readonly place?: ((headSize: number, grid: Grid, prefix: number) => PreNormBlock["place"]) | undefined;
}

/** What timm states of a model, which it keeps in several places. */
export function timmSettings(config: Config): Config {
  return { ...optionalObject(config, "pretrained_cfg"), ...config, ...optionalObject(config, "model_args") };
}

/** A vision transformer in timm's names, which those of DINOv2's authors are but for registers and SwiGLU. @param weights where the marker stands. */
export function timmVision(weights: Weights, config: Config, family: TimmFamily): VisionTransformer {
  const settings = timmSettings(config);
  const patchWeight = weights.tensor(timmMarker, [any, any, any, any]);
  const width = patchWeight.shape[0]!;
  const depth = weights.blocks((block) => `blocks.${block}.attn.proj.weight`, optionalSize(settings, "depth"));
  const stated = optionalSize(settings, "num_heads") ?? family.heads;
  const variant = timmVariant(architectureName(config, ""), width);
  const heads = stated ?? variant.heads;
  const norm = normsOf(variant.kind, variant.eps);
  const optionalNorm = (names: Weights, name: string, channels: number, role: NormSpecification["role"], index: number) =>
    names.hasNorm(name) ? norm(names, name, channels, role, index) : undefined;
  const prefix = ["cls_token", "dist_token", "reg_token"].flatMap((name) => weights.optional(name, [1, any, width]) ?? []);
  const registers = weights.optional("register_tokens", [1, any, width]);
  const positions = weights.optional("pos_embed", [1, any, width]);
  const size = imageSize(settings["img_size"] ?? settings["input_size"] ?? placedSize(positions?.shape[1], patchWeight.shape), patchWeight.shape);
  const grid: Grid = [Math.floor(size[0] / patchWeight.shape[2]!), Math.floor(size[1] / patchWeight.shape[3]!)];
  refuseOtherVariants(weights, architectureName(config, ""), positions !== undefined || family.attentionBias !== undefined);
  const place = family.place?.(width / heads, grid, prefix.length);
  return {
    name: architectureName(config, family.name),
    depth,
    width,
    heads,
    embedding: { patchWeight, patchBias: weights.optional("patch_embed.proj.bias", [width]), prefix, ...(registers && { registers: [registers] }), positions, imageSize: size },
    embeddingNorm: optionalNorm(weights, "norm_pre", width, "embedding", 0),
    block: (index) => {
      const names = weights.at(`blocks.${index}`);
      return {
        attentionNorm: norm(names, "norm1", width, "attention", index),
        qkv: queriesKeysValues(names.at("attn"), width),
        queryNorm: optionalNorm(names, "attn.q_norm", width / heads, "query", index),
        keyNorm: optionalNorm(names, "attn.k_norm", width / heads, "key", index),
        place,
        attentionBias: family.attentionBias?.(names, heads, grid),
        innerNorm: optionalNorm(names, "attn.norm", width, "other", index),
        attentionOut: names.linear("attn.proj", width, width),
        attentionScale: names.optional("ls1.gamma", [width]) ?? names.optional("gamma_1", [width]),
        ffnNorm: norm(names, "norm2", width, "ffn", index),
        feedForward: feedForward(names.at("mlp"), width, activation(variant.act), (channels) => optionalNorm(names, "mlp.norm", channels, "other", index)),
        ffnScale: names.optional("ls2.gamma", [width]) ?? names.optional("gamma_2", [width]),
      };
    },
    finalNorm: optionalNorm(weights, "norm", width, "final", depth),
    pooledNorm: optionalNorm(weights, "fc_norm", width, "final", depth),
    pool: (optionalText(settings, "global_pool") ?? (weights.hasNorm("fc_norm") ? "avg" : "token")) === "token" ? "first" : "mean",
    // Behind a pooling by attention the classifier sees something else.
    classifier: weights.has("attn_pool.q.weight") ? undefined : classifierIn(weights, "head", width),
    assumptions:
      stated === undefined ? [`config.json states no number of attention heads; took ${heads}, as timm's models of this size have.`] : [],
  };
}

/** The size of square images whose patches, and a class token, have as many positions; undefined where there is none. */
function placedSize(positions: number | undefined, patchShape: readonly number[]): readonly number[] | undefined {
  const sides = positions === undefined ? [] : [positions - 1, positions].map(Math.sqrt).filter((side) => side >= 1 && Number.isInteger(side));
  return sides[0] === undefined ? undefined : patchShape.slice(2).map((patch) => sides[0]! * patch);
}

/** One layer for all three, whose keys may be without a bias, or one for each. */
function queriesKeysValues(names: Weights, width: number): Linear[] {
  if (names.has("q_proj.weight")) return ["q_proj", "k_proj", "v_proj"].map((name) => names.linear(name, width, width));
  if (!names.has("q_bias")) return [names.linear("qkv", width, 3 * width)];
  const biases = [names.tensor("q_bias", [width]), undefined, names.tensor("v_bias", [width])];
  return parted(names.tensor("qkv.weight", [3 * width, width]), 3).map((weight, part) => ({ layout: "out-in", weight, bias: biases[part] }));
}

/** Dense, or SwiGLU: gate and up apart, or one behind the other in one layer; with a norm in front of the last layer where there is one. */
function feedForward(names: Weights, width: number, act: Activation, normOf: (channels: number) => NormSpecification | undefined): FeedForward {
  if (names.has("fc1_g.weight")) {
    const { up: gate, down } = names.feedForward("fc1_g", "fc2", width);
    return gatedFeedForward({ gate, up: names.linear("fc1_x", width, outSize(gate)), down }, activation("silu"), normOf(outSize(gate)));
  }
  const [first, last] = names.has("w12.weight") ? ["w12", "w3"] : ["fc1", "fc2"];
  const into = names.linear(first, width, any);
  const inner = names.tensor(`${last}.weight`, [width, any]).shape[1]!;
  const down = names.linear(last, inner, width);
  if (inner === outSize(into)) return denseFeedForward({ up: into, down }, act, normOf(inner));
  return fusedGatedFeedForward({ gateUp: names.linear(first, width, 2 * inner), down }, activation("silu"), normOf(inner));
}
