import { UserError } from "../../shared/errors";
import type { NormSpecification } from "../graph/builder";
import { activation } from "./activation";
import type { Config, Family } from "./architecture";
import { architectureName, eps, optionalObject, optionalSize, optionalText, size } from "./config";
import { visionTransformer, type VisionTransformer } from "./vision-transformer";
import { any, holds, type Weights } from "./weights";

const huggingFaceMarker = "embeddings.patch_embeddings.projection.weight";
const timmMarker = "patch_embed.proj.weight";

/** Names of a block's parts in Hugging Face's ViT. */
interface Names {
  readonly block: (index: number | string) => string;
  readonly qkv: readonly [string, string, string];
  readonly attentionOut: string;
  readonly up: string;
  readonly down: string;
}

/** As checkpoints have them. */
const stored: Names = {
  block: (index) => `encoder.layer.${index}`,
  qkv: ["attention.attention.query", "attention.attention.key", "attention.attention.value"],
  attentionOut: "attention.output.dense",
  up: "intermediate.dense",
  down: "output.dense",
};

/** As transformers 5 has them in memory, where a state dict is saved as it is. */
const inMemory: Names = {
  block: (index) => `layers.${index}`,
  qkv: ["attention.q_proj", "attention.k_proj", "attention.v_proj"],
  attentionOut: "attention.o_proj",
  up: "mlp.fc1",
  down: "mlp.fc2",
};

/** Vision Transformer, in the names of Hugging Face and of timm. */
export const vit: Family = {
  name: "vit",
  modelTypes: ["vit"],
  recognises: (checkpoint) =>
    (holds(checkpoint, huggingFaceMarker) && [stored, inMemory].some((names) => holds(checkpoint, `${names.block(0)}.layernorm_before.weight`))) ||
    (holds(checkpoint, timmMarker) && holds(checkpoint, "blocks.0.attn.qkv.weight")),
  build: (weights, config) =>
    visionTransformer(
      holds(weights.checkpoint, timmMarker) ? fromTimm(weights.within(timmMarker), config) : fromHuggingFace(weights.within(huggingFaceMarker), config),
    ),
};

function fromHuggingFace(weights: Weights, config: Config): VisionTransformer {
  const patchWeight = weights.tensor(huggingFaceMarker, [any, any, any, any]);
  const width = patchWeight.shape[0]!;
  const names = weights.has(`${inMemory.block(0)}.layernorm_before.weight`) ? inMemory : stored;
  const depth = weights.blocks((block) => `${names.block(block)}.layernorm_before.weight`, optionalSize(config, "num_hidden_layers"));
  const norm = normIn(eps(config, ["layer_norm_eps"], 1e-12));
  return {
    name: architectureName(config, "vit"),
    depth,
    width,
    heads: size(config, "num_attention_heads"),
    act: activation(optionalText(config, "hidden_act") ?? "gelu"),
    embedding: {
      patchWeight,
      patchBias: weights.optional("embeddings.patch_embeddings.projection.bias", [width]),
      prefix: [weights.tensor("embeddings.cls_token", [1, 1, width])],
      positions: weights.tensor("embeddings.position_embeddings", [1, any, width]),
      imageSize: imageSize(config["image_size"], patchWeight.shape),
    },
    block: (index) => {
      const parts = weights.at(names.block(index));
      return {
        attentionNorm: norm(parts, "layernorm_before", width, "attention", index),
        qkv: names.qkv.map((part) => parts.linear(part, width, width)),
        attentionOut: parts.linear(names.attentionOut, width, width),
        ffnNorm: norm(parts, "layernorm_after", width, "ffn", index),
        ...parts.feedForward(names.up, names.down, width),
      };
    },
    finalNorm: norm(weights, "layernorm", width, "final", depth),
    pool: "first",
    classifier: classifier(weights.outside("vit."), "classifier", width),
    assumptions: [],
  };
}

function fromTimm(weights: Weights, config: Config): VisionTransformer {
  const settings = { ...optionalObject(config, "pretrained_cfg"), ...config, ...optionalObject(config, "model_args") };
  const patchWeight = weights.tensor(timmMarker, [any, any, any, any]);
  const width = patchWeight.shape[0]!;
  const depth = weights.blocks((block) => `blocks.${block}.norm1.weight`, optionalSize(settings, "depth"));
  const stated = optionalSize(settings, "num_heads");
  const heads = stated ?? usualHeads(architectureName(config, ""), width);
  const norm = normIn(1e-6);
  const optionalNorm = (names: Weights, name: string, channels: number, role: NormSpecification["role"], index: number) =>
    names.has(`${name}.weight`) ? norm(names, name, channels, role, index) : undefined;
  return {
    name: architectureName(config, "vit"),
    depth,
    width,
    heads,
    act: activation("gelu"),
    embedding: {
      patchWeight,
      patchBias: weights.optional("patch_embed.proj.bias", [width]),
      prefix: ["cls_token", "reg_token"].flatMap((name) => weights.optional(name, [1, any, width]) ?? []),
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
        ...names.feedForward("mlp.fc1", "mlp.fc2", width),
        ffnScale: names.optional("ls2.gamma", [width]),
      };
    },
    finalNorm: optionalNorm(weights, "norm", width, "final", depth),
    pooledNorm: optionalNorm(weights, "fc_norm", width, "final", depth),
    pool: (optionalText(settings, "global_pool") ?? (weights.has("fc_norm.weight") ? "avg" : "token")) === "token" ? "first" : "mean",
    classifier: classifier(weights, "head", width),
    assumptions:
      stated === undefined ? [`config.json states no number of attention heads; took ${heads}, as timm's models of this size have.`] : [],
  };
}

/** timm states heads only where they were changed: its models have one for each 64 channels, but 16 from "huge" on. */
function usualHeads(architecture: string, width: number): number {
  return /_(huge|giant|gigantic)_/.test(architecture) ? 16 : Math.max(1, Math.round(width / 64));
}

type NormIn = (names: Weights, name: string, channels: number, role: NormSpecification["role"], depth: number) => NormSpecification;

function normIn(normEps: number): NormIn {
  return (names, name, channels, role, depth) => ({ ...names.norm(name, channels), kind: "layernorm", role, depth, eps: normEps });
}

function classifier(weights: Weights, name: string, width: number) {
  return weights.has(`${name}.weight`) ? weights.linear(name, width, any) : undefined;
}

/** Height and width from a number, [height, width] or timm's [channels, height, width]; else from 224 x 224, the usual size. */
function imageSize(stated: unknown, patchShape: readonly number[]): [number, number] {
  const sizes: unknown[] = Array.isArray(stated) ? stated.slice(-2) : [stated ?? 224, stated ?? 224];
  const [height, width] = sizes;
  if (!isSize(height) || !isSize(width) || height < patchShape[2]! || width < patchShape[3]!) {
    throw new UserError(`config.json: the image size ${JSON.stringify(stated)} is not one that holds a patch of ${patchShape.slice(2).join(" x ")}.`);
  }
  return [height, width];
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 65_536;
}
