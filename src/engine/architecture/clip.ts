import { UserError } from "../../shared/errors";
import type { TensorReference } from "../checkpoint/checkpoint";
import type { NormSpecification } from "../graph/builder";
import { withOutputNames, type Value } from "../graph/graph";
import { activation } from "./activation";
import { blockIndices, hiddenState, stage, type Architecture, type Config, type Family, type Stage } from "./architecture";
import { attention } from "./attention";
import { architectureName, eps, headSize, optionalObject, optionalSize, optionalText } from "./config";
import { finalNormStage, lastHiddenState } from "./ends";
import { denseFeedForward } from "./feed-forward";
import { imageSize } from "./image-size";
import { normsOf } from "./norm-in";
import { preNormBlock, projected, type PreNormBlock } from "./pre-norm-block";
import { visionTransformer } from "./vision-transformer";
import { any, holds, type Weights } from "./weights";

const imageMarker = "embeddings.patch_embedding.weight";
const textMarker = "embeddings.token_embedding.weight";
const poolingProbe = "head.probe";

/** What the members of the family take for granted where their configuration says nothing. */
interface Defaults {
  readonly act: string;
  readonly eps: number;
  readonly imageHeads: number;
  readonly textHeads: number;
  /** Whether the text tower's positions see only those before them. */
  readonly causal: boolean;
}

const clipDefaults: Defaults = { act: "quick_gelu", eps: 1e-5, imageHeads: 12, textHeads: 8, causal: true };
const siglipDefaults: Defaults = { act: "gelu_pytorch_tanh", eps: 1e-6, imageHeads: 12, textHeads: 12, causal: false };

/** CLIP (arXiv 2103.00020) in the names of Hugging Face: both towers, or one of them. */
export const clip: Family = {
  name: "clip",
  modelTypes: ["clip", "clip_vision_model", "clip_text_model"],
  recognises: (checkpoint) => holds(checkpoint, imageMarker) && holds(checkpoint, "pre_layrnorm.weight"),
  build: (weights, config) => build(weights, config, clipDefaults, "clip"),
};

/** SigLIP (arXiv 2303.15343) in the names of Hugging Face: both towers, or one of them. */
export const siglip: Family = {
  name: "siglip",
  modelTypes: ["siglip", "siglip_vision_model", "siglip_text_model"],
  recognises: (checkpoint) => holds(checkpoint, imageMarker) && holds(checkpoint, poolingProbe),
  build: (weights, config) => build(weights, config, siglipDefaults, "siglip"),
};

/** Both towers run one after the other, each to its last norm; the projections behind them have none. */
function build(weights: Weights, config: Config, defaults: Defaults, family: string): Architecture {
  const towers = [
    ...(holds(weights.checkpoint, imageMarker) ? [imageTower(weights.within(imageMarker), optionalObject(config, "vision_config") ?? config, defaults)] : []),
    ...(holds(weights.checkpoint, textMarker) ? [textTower(weights.within(textMarker), optionalObject(config, "text_config") ?? config, defaults)] : []),
  ];
  const [first, second] = towers;
  if (!first) throw new UserError(`${weights.checkpoint.path}: neither ${imageMarker} nor ${textMarker} is there; the checkpoint is incomplete, or its configuration belongs to another model.`);
  return {
    ...first,
    name: architectureName(config, family),
    depth: Math.max(...towers.map((tower) => tower.depth)),
    input: first.input.modality === "images" && second?.input.modality === "text" ? { ...first.input, text: second.input } : first.input,
    stages: second ? [...handingOnApart(first.stages), ...second.stages] : first.stages,
  };
}

/** The tower's last stage hands on under a name of its own, as the other tower's names are the same. */
function handingOnApart(stages: readonly Stage[]): Stage[] {
  const last = stages.at(-1)!;
  return [...stages.slice(0, -1), { ...last, build: () => withOutputNames(last.build(), (name) => `image_${name}`) }];
}

function imageTower(weights: Weights, config: Config, defaults: Defaults): Architecture {
  const patchWeight = weights.tensor(imageMarker, [any, any, any, any]);
  const width = patchWeight.shape[0]!;
  const { depth, norm, block, heads } = encoder(weights, config, width, { ...defaults, heads: defaults.imageHeads });
  const classToken = weights.optional("embeddings.class_embedding", [width]);
  const last = norm(weights, "post_layernorm", width, "final", depth);
  const tower = visionTransformer({
    name: "image tower",
    depth,
    width,
    heads,
    embedding: {
      patchWeight,
      patchBias: weights.optional("embeddings.patch_embedding.bias", [width]),
      prefix: classToken ? [{ ...classToken, shape: [1, 1, width] }] : [],
      positions: batchOfOne(weights.tensor("embeddings.position_embedding.weight", [any, width])),
      imageSize: imageSize(config["image_size"], patchWeight.shape),
    },
    embeddingNorm: weights.hasNorm("pre_layrnorm") ? norm(weights, "pre_layrnorm", width, "embedding", 0) : undefined,
    block,
    ...(classToken ? { pooledNorm: last } : { finalNorm: last }),
    pool: "first",
    assumptions: [],
  });
  const pooling = weights.has(poolingProbe) ? [poolingStage(weights, width, heads, norm(weights, "head.layernorm", width, "ffn", depth))] : [];
  return { ...tower, stages: [...tower.stages, ...pooling].map((part) => ({ ...part, name: `image ${part.name}` })) };
}

/** SigLIP's pooling: a learned query over all tokens, then a norm, and a feed-forward that is not run. */
function poolingStage(weights: Weights, width: number, heads: number, norm: NormSpecification): Stage {
  return stage("pooling", (g) => {
    const shape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: false };
    const tokens = g.input(lastHiddenState, "float32", ["batch", "sequence", width]);
    const qkv = [{ layout: "out-in", weight: weights.tensor("head.attention.in_proj_weight", [3 * width, width]), bias: weights.optional("head.attention.in_proj_bias", [3 * width]) }] as const;
    const batch = g.op("Shape", [tokens], { end: { int: 1 } });
    const probe = g.op("Expand", [g.weight(weights.tensor(poolingProbe, [1, 1, width])), g.op("Concat", [batch, g.ints([1, width])], { axis: { int: 0 } })]);
    const split = (x: Value): Value[] => projected(g, x, qkv).map((part) => g.unflatten(part, x, [heads, shape.headSize]));
    const [, k, v] = split(tokens) as [Value, Value, Value];
    const rows = g.linear(attention(g, split(probe)[0]!, k, v, shape), weights.linear("head.attention.out_proj", width, width));
    g.output(g.norm(g.unflatten(rows, probe, [width]), norm), "pooled");
  });
}

function textTower(weights: Weights, config: Config, defaults: Defaults): Architecture {
  const table = weights.tensor(textMarker, [any, any]);
  const [vocabularySize, width] = table.shape as [number, number];
  const positions = weights.tensor("embeddings.position_embedding.weight", [any, width]);
  const { depth, norm, block, heads } = encoder(weights, config, width, { ...defaults, heads: defaults.textHeads });
  const shape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: defaults.causal };
  const embedding = stage("embedding", (g) => {
    const ids = g.input("input_ids", "int64", ["batch", "sequence"]);
    g.output(g.add(g.lookUp(table, ids), g.firstRows(positions, g.sequenceLength(ids))), hiddenState(0));
  });
  const blockStage = (index: number): Stage =>
    stage(`block ${index}`, (g) => {
      const x = g.input(hiddenState(index), "float32", ["batch", "sequence", width]);
      g.output(preNormBlock(g, x, block(index), shape), hiddenState(index + 1));
    });
  const stages = [embedding, ...blockIndices(depth).map(blockStage), finalNormStage(width, norm(weights, "final_layer_norm", width, "final", depth))];
  return {
    name: "text tower",
    width,
    depth,
    isLanguageModel: false,
    input: { modality: "text", vocabularySize, contextLength: positions.shape[0]! },
    stages: stages.map((part) => ({ ...part, name: `text ${part.name}` })),
    assumptions: [],
  };
}

/** What both towers' blocks are made of. */
function encoder(weights: Weights, config: Config, width: number, defaults: { readonly act: string; readonly eps: number; readonly heads: number }) {
  const norm = normsOf("layernorm", eps(config, ["layer_norm_eps"], defaults.eps));
  const act = activation(optionalText(config, "hidden_act") ?? defaults.act);
  const block = (index: number): PreNormBlock => {
    const parts = weights.at(`encoder.layers.${index}`);
    return {
      attentionNorm: norm(parts, "layer_norm1", width, "attention", index),
      qkv: ["q_proj", "k_proj", "v_proj"].map((part) => parts.linear(`self_attn.${part}`, width, width)),
      attentionOut: parts.linear("self_attn.out_proj", width, width),
      ffnNorm: norm(parts, "layer_norm2", width, "ffn", index),
      feedForward: denseFeedForward(parts.feedForward("mlp.fc1", "mlp.fc2", width), act),
    };
  };
  return {
    norm,
    block,
    heads: optionalSize(config, "num_attention_heads") ?? defaults.heads,
    depth: weights.blocks((index) => `encoder.layers.${index}.self_attn.out_proj.weight`, optionalSize(config, "num_hidden_layers")),
  };
}

/** A table [entries, width] as [1, entries, width]. */
function batchOfOne(table: TensorReference): TensorReference {
  return { ...table, shape: [1, ...table.shape] };
}
