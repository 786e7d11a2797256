import type { Linear } from "../graph/builder";
import { activation } from "./activation";
import type { Config } from "./architecture";
import type { AttentionShape } from "./attention";
import { architectureName, eps, optionalSize, optionalText, size } from "./config";
import { denseFeedForward } from "./feed-forward";
import { imageSize } from "./image-size";
import { normsOf } from "./norm-in";
import type { VisionTransformer } from "./vision-transformer";
import { any, type Weights } from "./weights";

/** A tensor that every vision transformer of this naming has. */
export const huggingFaceMarker = "embeddings.patch_embeddings.projection.weight";

/** What the parts of a block are called. */
export interface VisionNames {
  readonly block: (index: number | string) => string;
  readonly qkv: readonly [string, string, string];
  readonly attentionOut: string;
  readonly up: string;
  readonly down: string;
}

/** As checkpoints have them. */
const stored: VisionNames = {
  block: (index) => `encoder.layer.${index}`,
  qkv: ["attention.attention.query", "attention.attention.key", "attention.attention.value"],
  attentionOut: "attention.output.dense",
  up: "intermediate.dense",
  down: "output.dense",
};

/** As transformers 5 has them in memory, where a state dict is saved as it is. */
const inMemory: VisionNames = {
  block: (index) => `layers.${index}`,
  qkv: ["attention.q_proj", "attention.k_proj", "attention.v_proj"],
  attentionOut: "attention.o_proj",
  up: "mlp.fc1",
  down: "mlp.fc2",
};

/** The two spellings of a vision transformer in transformers. */
export const huggingFaceNames: readonly VisionNames[] = [stored, inMemory];

/** A tensor of the first block by which a spelling is told. */
export function blockMarker(names: VisionNames, index: number | string = 0): string {
  return `${names.block(index)}.layernorm_before.weight`;
}

/** What a family of this naming has of its own. */
export interface VisionFamily {
  readonly name: string;
  /** Module that holds the model in a checkpoint with a head: "vit." */
  readonly module: string;
  /** Names of the tokens before the patches. */
  readonly prefix: readonly string[];
  /** Bias on the attention scores of a block, over the grid of patches. */
  readonly attentionBias?: (weights: Weights, block: string, heads: number, grid: readonly [rows: number, columns: number]) => AttentionShape["bias"];
  readonly assumptions?: readonly string[];
}

/** A vision transformer in the names of Hugging Face's ViT, as several families have them. @param weights where the marker stands. */
export function huggingFaceVision(weights: Weights, config: Config, family: VisionFamily): VisionTransformer {
  const patchWeight = weights.tensor(huggingFaceMarker, [any, any, any, any]);
  const width = patchWeight.shape[0]!;
  const names = weights.has(blockMarker(inMemory)) ? inMemory : stored;
  const depth = weights.blocks((block) => blockMarker(names, block), optionalSize(config, "num_hidden_layers"));
  const norm = normsOf("layernorm", eps(config, ["layer_norm_eps"], 1e-12));
  const heads = size(config, "num_attention_heads");
  const [height, imageWidth] = imageSize(config["image_size"], patchWeight.shape);
  const grid = [Math.floor(height / patchWeight.shape[2]!), Math.floor(imageWidth / patchWeight.shape[3]!)] as const;
  const poolsMean = weights.hasNorm("pooler.layernorm");
  const act = activation(optionalText(config, "hidden_act") ?? "gelu");
  return {
    name: architectureName(config, family.name),
    depth,
    width,
    heads,
    embedding: {
      patchWeight,
      patchBias: weights.optional("embeddings.patch_embeddings.projection.bias", [width]),
      prefix: family.prefix.map((token) => weights.tensor(`embeddings.${token}`, [1, 1, width])),
      positions: weights.optional("embeddings.position_embeddings", [1, any, width]),
      imageSize: [height, imageWidth],
    },
    block: (index) => {
      const parts = weights.at(names.block(index));
      return {
        attentionNorm: norm(parts, "layernorm_before", width, "attention", index),
        qkv: names.qkv.map((part) => parts.linear(part, width, width)),
        attentionBias: family.attentionBias?.(weights, names.block(index), heads, grid),
        attentionOut: parts.linear(names.attentionOut, width, width),
        attentionScale: parts.optional("lambda_1", [width]),
        ffnNorm: norm(parts, "layernorm_after", width, "ffn", index),
        feedForward: denseFeedForward(parts.feedForward(names.up, names.down, width), act),
        ffnScale: parts.optional("lambda_2", [width]),
      };
    },
    finalNorm: weights.hasNorm("layernorm") || !poolsMean ? norm(weights, "layernorm", width, "final", depth) : undefined,
    pooledNorm: poolsMean ? norm(weights, "pooler.layernorm", width, "final", depth) : undefined,
    pool: poolsMean ? "mean" : "first",
    classifier: classifierIn(weights.outside(family.module), "classifier", width),
    assumptions: family.assumptions ?? [],
  };
}

/** The classifier, where the checkpoint has one. */
export function classifierIn(weights: Weights, name: string, width: number): Linear | undefined {
  return weights.has(`${name}.weight`) ? weights.linear(name, width, any) : undefined;
}
