import { UserError } from "../../shared/errors";
import { outSize } from "../graph/builder";
import { activation } from "./activation";
import type { Config, Family } from "./architecture";
import { architectureName, eps, headSize, optionalSize, optionalText, positive, size } from "./config";
import { denseFeedForward, gatedFeedForward, type FeedForward } from "./feed-forward";
import { rotateOnGrid } from "./grid-rotary";
import { imageSize } from "./image-size";
import { normsOf } from "./norm-in";
import { visionTransformer, type VisionTransformer } from "./vision-transformer";
import { any, holdsTogether, type Weights } from "./weights";

const marker = "embeddings.patch_embeddings.weight";

/** Where blocks stand in checkpoints, and as transformers 5 has them in memory. */
const blockPaths = ["layer", "model.layer"] as const;

/** DINOv3 (arXiv 2508.10104) in the names of Hugging Face: a ViT whose only positions are rotary ones. */
export const dinov3: Family = {
  name: "dinov3",
  modelTypes: ["dinov3_vit"],
  recognises: (checkpoint) => blockPaths.some((path) => holdsTogether(checkpoint, marker, `${path}.0.layer_scale1.lambda1`)),
  build: (weights, config) => visionTransformer(read(weights.within(marker), config)),
};

function read(weights: Weights, config: Config): VisionTransformer {
  const patchWeight = weights.tensor(marker, [any, any, any, any]);
  const width = patchWeight.shape[0]!;
  const path = blockPaths.find((one) => weights.has(`${one}.0.layer_scale1.lambda1`)) ?? blockPaths[0];
  const depth = weights.blocks((block) => `${path}.${block}.layer_scale1.lambda1`, optionalSize(config, "num_hidden_layers"));
  const heads = size(config, "num_attention_heads");
  const channels = headSize(width, heads);
  if (channels % 4 !== 0) throw new UserError(`config.json: heads of ${channels} channels can't be turned by rows and columns; check "num_attention_heads".`);
  const norm = normsOf("layernorm", eps(config, ["layer_norm_eps"], 1e-5));
  const act = optionalText(config, "hidden_act") ?? "gelu";
  const prefix = ["cls_token", "register_tokens"].flatMap((token) => weights.optional(`embeddings.${token}`, [1, any, width]) ?? []);
  const imageShape = imageSize(config["image_size"], patchWeight.shape);
  const grid = {
    rows: Math.floor(imageShape[0] / patchWeight.shape[2]!),
    columns: Math.floor(imageShape[1] / patchWeight.shape[3]!),
    place: middle,
    theta: positive(config, "rope_theta") ?? 100,
    pairs: "halves",
    prefix: prefix.reduce((count, token) => count + token.shape[1]!, 0),
  } as const;
  return {
    name: architectureName(config, "dinov3"),
    depth,
    width,
    heads,
    embedding: { patchWeight, patchBias: weights.optional("embeddings.patch_embeddings.bias", [width]), prefix, positions: undefined, imageSize: imageShape },
    block: (index) => {
      const parts = weights.at(`${path}.${index}`);
      return {
        attentionNorm: norm(parts, "norm1", width, "attention", index),
        qkv: ["q_proj", "k_proj", "v_proj"].map((part) => parts.linear(`attention.${part}`, width, width)),
        place: (g, queriesOrKeys) => rotateOnGrid(g, queriesOrKeys, channels, grid),
        attentionOut: parts.linear("attention.o_proj", width, width),
        attentionScale: parts.tensor("layer_scale1.lambda1", [width]),
        ffnNorm: norm(parts, "norm2", width, "ffn", index),
        feedForward: feedForward(parts.at("mlp"), width, act),
        ffnScale: parts.tensor("layer_scale2.lambda1", [width]),
      };
    },
    finalNorm: norm(weights, "norm", width, "final", depth),
    pool: "first",
    takesAnySize: true,
    assumptions: [],
  };
}

/** The middle of a row or column of patches, from -2 pi at one edge of the picture to 2 pi at the other. */
function middle(index: number, count: number): number {
  return 2 * Math.PI * ((2 * (index + 0.5)) / count - 1);
}

function feedForward(names: Weights, width: number, act: string): FeedForward {
  const { up, down } = names.feedForward("up_proj", "down_proj", width);
  if (!names.has("gate_proj.weight")) return denseFeedForward({ up, down }, activation(act));
  return gatedFeedForward({ gate: names.linear("gate_proj", width, outSize(up)), up, down }, activation(act));
}
