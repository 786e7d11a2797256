import type { NormSpecification } from "../graph/builder";
import { activation } from "./activation";
import type { Config, Family } from "./architecture";
import { architectureName, optionalObject, optionalSize, optionalText } from "./config";
import { denseFeedForward } from "./feed-forward";
import { blockMarker, classifierIn, huggingFaceMarker, huggingFaceNames, huggingFaceVision } from "./hugging-face-vision";
import { imageSize } from "./image-size";
import { normsOf } from "./norm-in";
import { visionTransformer, type VisionTransformer } from "./vision-transformer";
import { any, holds, type Weights } from "./weights";

const timmMarker = "patch_embed.proj.weight";

/** Vision Transformer, in the names of Hugging Face and of timm. */
export const vit: Family = {
  name: "vit",
  modelTypes: ["vit"],
  recognises: (checkpoint) =>
    (holds(checkpoint, huggingFaceMarker) && huggingFaceNames.some((names) => holds(checkpoint, blockMarker(names)))) ||
    (holds(checkpoint, timmMarker) && holds(checkpoint, "blocks.0.attn.qkv.weight")),
  build: (weights, config) =>
    visionTransformer(
      holds(weights.checkpoint, timmMarker) ? fromTimm(weights.within(timmMarker), config) : huggingFaceVision(weights.within(huggingFaceMarker), config, { name: "vit", module: "vit.", prefix: ["cls_token"] }),
    ),
};

function fromTimm(weights: Weights, config: Config): VisionTransformer {
  const settings = { ...optionalObject(config, "pretrained_cfg"), ...config, ...optionalObject(config, "model_args") };
  const patchWeight = weights.tensor(timmMarker, [any, any, any, any]);
  const width = patchWeight.shape[0]!;
  const depth = weights.blocks((block) => `blocks.${block}.norm1.weight`, optionalSize(settings, "depth"));
  const stated = optionalSize(settings, "num_heads");
  const heads = stated ?? usualHeads(architectureName(config, ""), width);
  const norm = normsOf("layernorm", 1e-6);
  const optionalNorm = (names: Weights, name: string, channels: number, role: NormSpecification["role"], index: number) =>
    names.has(`${name}.weight`) ? norm(names, name, channels, role, index) : undefined;
  return {
    name: architectureName(config, "vit"),
    depth,
    width,
    heads,
    embedding: {
      patchWeight,
      patchBias: weights.optional("patch_embed.proj.bias", [width]),
      prefix: ["cls_token", "dist_token", "reg_token"].flatMap((name) => weights.optional(name, [1, any, width]) ?? []),
      positions: weights.optional("pos_embed", [1, any, width]),
      imageSize: imageSize(settings["img_size"] ?? settings["input_size"], patchWeight.shape),
    },
    embeddingNorm: optionalNorm(weights, "norm_pre", width, "embedding", 0),
    block: (index) => {
      const names = weights.at(`blocks.${index}`);
      return {
        attentionNorm: norm(names, "norm1", width, "attention", index),
        qkv: [names.linear("attn.qkv", width, 3 * width)],
        queryNorm: optionalNorm(names, "attn.q_norm", width / heads, "query", index),
        keyNorm: optionalNorm(names, "attn.k_norm", width / heads, "key", index),
        attentionOut: names.linear("attn.proj", width, width),
        attentionScale: names.optional("ls1.gamma", [width]),
        ffnNorm: norm(names, "norm2", width, "ffn", index),
        feedForward: denseFeedForward(names.feedForward("mlp.fc1", "mlp.fc2", width), activation("gelu")),
        ffnScale: names.optional("ls2.gamma", [width]),
      };
    },
    finalNorm: optionalNorm(weights, "norm", width, "final", depth),
    pooledNorm: optionalNorm(weights, "fc_norm", width, "final", depth),
    pool: (optionalText(settings, "global_pool") ?? (weights.has("fc_norm.weight") ? "avg" : "token")) === "token" ? "first" : "mean",
    classifier: classifierIn(weights, "head", width),
    assumptions:
      stated === undefined ? [`config.json states no number of attention heads; took ${heads}, as timm's models of this size have.`] : [],
  };
}

/** timm states heads only where they were changed: its models have one for each 64 channels, but 16 from "huge" on. */
function usualHeads(architecture: string, width: number): number {
  return /_(huge|giant|gigantic)_/.test(architecture) ? 16 : Math.max(1, Math.round(width / 64));
}
