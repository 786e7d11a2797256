import { UserError } from "../../shared/errors";
import type { Checkpoint } from "../checkpoint/checkpoint";
import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation } from "./activation";
import { hiddenState, stage, type Architecture, type Config, type Family, type Stage } from "./architecture";
import { attention, type AttentionShape } from "./attention";
import { architectureName, eps, headSize, optionalText } from "./config";
import { finalNormStage, lastHiddenState } from "./ends";
import { denseFeedForward } from "./feed-forward";
import { classifierIn } from "./hugging-face-vision";
import { imageSize } from "./image-size";
import { normsOf } from "./norm-in";
import { embedPatches } from "./patch-embedding";
import { projected } from "./pre-norm-block";
import { gridOffsets, relativeBias } from "./relative-position";
import { timmSettings } from "./timm-vision";
import { any, holds, type Weights } from "./weights";
import { merge, partition, windowMask, type WindowedGrid } from "./windows";

/** What a model's parts are called. */
interface Names {
  readonly level: (index: number | string) => string;
  readonly attentionNorm: string;
  readonly ffnNorm: string;
  /** One layer for each, or one for all. */
  readonly qkv: readonly string[];
  readonly attentionOut: string;
  readonly table: string;
  readonly up: string;
  readonly down: string;
  readonly patches: string;
  readonly embeddingNorm: string;
  readonly finalNorm: string;
  readonly classifiers: readonly string[];
}

/** As checkpoints of Hugging Face have them. */
const stored: Names = {
  level: (index) => `encoder.layers.${index}`,
  attentionNorm: "layernorm_before",
  ffnNorm: "layernorm_after",
  qkv: ["attention.self.query", "attention.self.key", "attention.self.value"],
  attentionOut: "attention.output.dense",
  table: "attention.self.relative_position_bias_table",
  up: "intermediate.dense",
  down: "output.dense",
  patches: "embeddings.patch_embeddings.projection",
  embeddingNorm: "embeddings.norm",
  finalNorm: "layernorm",
  classifiers: ["classifier"],
};

/** As transformers 5 has them in memory. */
const inMemory: Names = {
  ...stored,
  qkv: ["attention.q_proj", "attention.k_proj", "attention.v_proj"],
  attentionOut: "attention.o_proj",
  table: "attention.relative_position_bias.relative_position_bias_table",
  up: "mlp.fc1",
  down: "mlp.fc2",
};

/** As timm has them, and the authors themselves. */
const timm: Names = {
  level: (index) => `layers.${index}`,
  attentionNorm: "norm1",
  ffnNorm: "norm2",
  qkv: ["attn.qkv"],
  attentionOut: "attn.proj",
  table: "attn.relative_position_bias_table",
  up: "mlp.fc1",
  down: "mlp.fc2",
  patches: "patch_embed.proj",
  embeddingNorm: "patch_embed.norm",
  finalNorm: "norm",
  classifiers: ["head.fc", "head"],
};

/** A tensor of the first block of a level by which the names are told. */
function marker(names: Names, index: number | string = 0): string {
  return `${names.level(index)}.blocks.0.${names.table}`;
}

/** eps of the norms behind the embedding and before a merge, whatever the configuration says of the others. */
const fixedEps = 1e-5;

/** What the last block of a level hands on to the merge behind it. */
const unmerged = "unmerged";

/** Swin (arXiv 2103.14030) in the names of Hugging Face, of timm and of its authors: windows that move from block to block, and merges of 2 x 2 patches between stages. */
export const swin: Family = {
  name: "swin",
  modelTypes: ["swin"],
  recognises: (checkpoint) => namesIn(checkpoint) !== undefined,
  build: (weights, config) => {
    const names = namesIn(weights.checkpoint) ?? stored;
    return build(weights.within(`${names.patches}.weight`), config, names);
  },
};

function namesIn(checkpoint: Checkpoint): Names | undefined {
  return [stored, inMemory, timm].find((names) => holds(checkpoint, `${names.patches}.weight`) && holds(checkpoint, marker(names)));
}

/** The blocks between two merges. */
interface Level {
  readonly weights: Weights;
  readonly width: number;
  readonly heads: number;
  /** Side of a window, where the grid is not smaller. */
  readonly window: number;
  readonly rows: number;
  readonly columns: number;
  /** Number of its first block, counted through all levels. */
  readonly first: number;
  readonly blocks: number;
}

function build(weights: Weights, config: Config, names: Names): Architecture {
  const patchWeight = weights.tensor(`${names.patches}.weight`, [any, any, any, any]);
  const channels = patchWeight.shape[1]!;
  const settings = timmSettings(config);
  const [height, imageWidth] = imageSize(settings["image_size"] ?? settings["img_size"] ?? settings["input_size"], patchWeight.shape);
  const levels = levelsOf(weights, names, [Math.floor(height / patchWeight.shape[2]!), Math.floor(imageWidth / patchWeight.shape[3]!)]);
  const [first, last] = [levels[0]!, levels.at(-1)!];
  const norm = normsOf("layernorm", eps(config, ["layer_norm_eps"], 1e-5));
  const fixedNorm = normsOf("layernorm", fixedEps);
  const act = activation(optionalText(config, "hidden_act") ?? "gelu");
  const depth = last.first + last.blocks;

  const embedding = stage("embedding", (g) => {
    const pixels = g.input("pixel_values", "float32", ["batch", channels, height, imageWidth]);
    const patchBias = weights.optional(`${names.patches}.bias`, [first.width]);
    const tokens = embedPatches(g, pixels, { patchWeight, patchBias, prefix: [], positions: undefined, imageSize: [height, imageWidth] });
    const normed = g.norm(tokens, fixedNorm(weights, names.embeddingNorm, first.width, "embedding", 0));
    const positions = weights.optional(names === timm ? "absolute_pos_embed" : "embeddings.position_embeddings", [1, first.rows * first.columns, first.width]);
    g.output(positions ? g.add(normed, g.weight(positions)) : normed, hiddenState(0));
  });

  const blockStage = (level: Level, index: number): Stage =>
    stage(`block ${level.first + index}`, (g) => {
      const { width } = level;
      const parts = level.weights.at(`blocks.${index}`);
      const number = level.first + index;
      const x = g.input(hiddenState(number), "float32", ["batch", "sequence", width]);
      const normed = g.norm(x, norm(parts, names.attentionNorm, width, "attention", number));
      const attended = g.add(x, windowAttention(g, normed, parts, names, level, gridOf(level, index)));
      const fed = denseFeedForward(parts.feedForward(names.up, names.down, width), act)(g, g.norm(attended, norm(parts, names.ffnNorm, width, "ffn", number)));
      const endsLevel = index + 1 === level.blocks && level !== last;
      g.output(g.add(attended, g.unflatten(fed, x, [width])), endsLevel ? unmerged : hiddenState(number + 1));
    });

  const mergeStage = (level: Level): Stage =>
    stage(`merge ${level.first + level.blocks}`, (g) => {
      const { rows, columns, width } = level;
      const number = level.first + level.blocks;
      const x = g.input(unmerged, "float32", ["batch", "sequence", width]);
      const quarters = g.op("Reshape", [x, g.ints([-1, rows / 2, 2, columns / 2, 2, width])]);
      const joined = g.op("Reshape", [g.op("Transpose", [quarters], { perm: { ints: [0, 1, 3, 4, 2, 5] } }), g.ints([-1, (rows * columns) / 4, 4 * width])]);
      const parts = mergeIn(levels, level);
      const normed = g.norm(joined, fixedNorm(parts, "norm", 4 * width, "other", number));
      g.output(g.project(normed, parts.linear("reduction", 4 * width, 2 * width)), hiddenState(number));
    });

  const outside = weights.outside("swin.");
  const classifier = names.classifiers.map((name) => classifierIn(outside, name, last.width)).find((found) => found !== undefined);
  const stagesOf = (level: Level): Stage[] => [
    ...Array.from({ length: level.blocks }, (_, index) => blockStage(level, index)),
    ...(level === last ? [] : [mergeStage(level)]),
  ];
  return {
    name: architectureName(config, "swin"),
    width: last.width,
    depth,
    isLanguageModel: false,
    input: { modality: "images", channels, height, width: imageWidth, tokensPerImage: first.rows * first.columns },
    stages: [embedding, ...levels.flatMap(stagesOf), finalNormStage(last.width, norm(weights, names.finalNorm, last.width, "final", depth))],
    ...(classifier && {
      head: stage("head", (g) => {
        const x = g.input(lastHiddenState, "float32", ["batch", "sequence", last.width]);
        g.output(g.linear(g.op("ReduceMean", [x, g.ints([1])], { keepdims: { int: 0 } }), classifier), "logits");
      }),
    }),
    assumptions: [],
  };
}

/** A merge belongs to the level before it, but in timm's newer versions to the one behind it: then the first one has none. */
function mergeIn(levels: readonly Level[], before: Level): Weights {
  const isBehind = levels[0]!.weights.hasNorm("downsample.norm");
  return (isBehind ? before : levels[levels.indexOf(before) + 1]!).weights.at("downsample");
}

/** Every level has twice the channels and half the rows and columns of the one before it. */
function levelsOf(weights: Weights, names: Names, [rows, columns]: readonly [number, number]): Level[] {
  const count = weights.blocks((level) => marker(names, level));
  let first = 0;
  return Array.from({ length: count }, (_, index) => {
    const parts = weights.at(names.level(index));
    const blocks = parts.blocks((block) => `blocks.${block}.${names.table}`);
    const [pairs, heads] = weights.tensor(marker(names, index), [any, any]).shape as [number, number];
    const width = parts.tensor(`blocks.0.${names.attentionOut}.weight`, [any, any]).shape[0]!;
    const scale = 2 ** index;
    if (rows % scale !== 0 || columns % scale !== 0) throw uneven(weights, rows, columns, `${count} levels`);
    const level = { weights: parts, width, heads, window: (Math.sqrt(pairs) + 1) / 2, rows: rows / scale, columns: columns / scale, first, blocks };
    first += blocks;
    return level;
  });
}

/** Every second block moves its windows by half; a grid no larger than a window is one window. */
function gridOf({ weights, rows, columns, window: trained }: Level, index: number): WindowedGrid {
  const side = Math.min(rows, columns);
  const window = Math.min(trained, side);
  if (rows % window !== 0 || columns % window !== 0) throw uneven(weights, rows, columns, `windows of ${window} x ${window}`);
  return { rows, columns, window, shift: index % 2 === 0 || window === side ? 0 : Math.floor(window / 2) };
}

function uneven({ checkpoint }: Weights, rows: number, columns: number, parts: string): UserError {
  return new UserError(`${checkpoint.path}: a grid of ${rows} x ${columns} patches can't be divided into ${parts} without padding, which is not supported; capture the norm inputs where the model runs (docs/capture.md).`);
}

/** Tokens [batch, sequence, width] of what attention within windows gives. */
function windowAttention(g: GraphBuilder, x: Value, parts: Weights, names: Names, { width, heads }: Level, grid: WindowedGrid): Value {
  const cells = grid.window ** 2;
  const table = parts.tensor(names.table, [(2 * grid.window - 1) ** 2, heads]);
  const offsets = relativeBias("pairs_of_cells", table, cells, () => gridOffsets(grid.window, grid.window));
  const mask = grid.shift === 0 ? undefined : spreadMask(g, x, grid);
  const bias: AttentionShape["bias"] = (graph, first, count) => (mask === undefined ? offsets(graph, first, count) : graph.add(offsets(graph, first, count), mask));
  const shape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: false, bias };
  const windows = partition(g, x, grid, width);
  const layers = names.qkv.map((part) => parts.linear(part, width, (3 * width) / names.qkv.length));
  const [q, k, v] = projected(g, windows, layers).map((part) => g.unflatten(part, windows, [heads, shape.headSize])) as [Value, Value, Value];
  return merge(g, g.linear(attention(g, q, k, v, shape), parts.linear(names.attentionOut, width, width)), grid, width);
}

/** The mask of every window of every image, [batch * windows, 1, cells, cells]. */
function spreadMask(g: GraphBuilder, x: Value, grid: WindowedGrid): Value {
  const cells = grid.window ** 2;
  const count = (grid.rows * grid.columns) / cells;
  const mask = g.toFloat(g.doubles("window_mask", [count, 1, cells, cells], () => windowMask(grid)));
  const batch = g.op("Shape", [x], { end: { int: 1 } });
  const spread = g.op("Expand", [mask, g.op("Concat", [batch, g.ints([count, 1, cells, cells])], { axis: { int: 0 } })]);
  return g.op("Reshape", [spread, g.ints([-1, 1, cells, cells])]);
}
