import { UserError } from "../../shared/errors";
import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation } from "./activation";
import { hiddenState, stage, type Architecture, type Config, type Family, type Stage } from "./architecture";
import { attention, type AttentionShape } from "./attention";
import { architectureName, eps, headSize, numberList, optionalSize, optionalText } from "./config";
import { finalNormStage, lastHiddenState } from "./ends";
import { denseFeedForward } from "./feed-forward";
import { classifierIn, huggingFaceMarker } from "./hugging-face-vision";
import { imageSize } from "./image-size";
import { normsOf } from "./norm-in";
import { embedPatches } from "./patch-embedding";
import { gridOffsets, relativeBias } from "./relative-position";
import { any, holds, type Weights } from "./weights";
import { merge, partition, windowMask, type WindowedGrid } from "./windows";

/** What a block's parts are called. */
interface Names {
  readonly qkv: readonly [string, string, string];
  readonly attentionOut: string;
  readonly table: string;
  readonly up: string;
  readonly down: string;
}

/** As checkpoints have them. */
const stored: Names = {
  qkv: ["attention.self.query", "attention.self.key", "attention.self.value"],
  attentionOut: "attention.output.dense",
  table: "attention.self.relative_position_bias_table",
  up: "intermediate.dense",
  down: "output.dense",
};

/** As transformers 5 has them in memory. */
const inMemory: Names = {
  qkv: ["attention.q_proj", "attention.k_proj", "attention.v_proj"],
  attentionOut: "attention.o_proj",
  table: "attention.relative_position_bias.relative_position_bias_table",
  up: "mlp.fc1",
  down: "mlp.fc2",
};

/** eps of the norms behind the embedding and before a merge, whatever the configuration says of the others. */
const fixedEps = 1e-5;

/** What the last block of a level hands on to the merge behind it. */
const unmerged = "unmerged";

const firstNorm = (layer: number | string): string => `encoder.layers.${layer}.blocks.0.layernorm_before.weight`;

/** Swin (arXiv 2103.14030) in the names of Hugging Face: windows that move from block to block, and merges of 2 x 2 patches between stages. */
export const swin: Family = {
  name: "swin",
  modelTypes: ["swin"],
  recognises: (checkpoint) => holds(checkpoint, huggingFaceMarker) && holds(checkpoint, firstNorm(0)),
  build: (weights, config) => build(weights.within(huggingFaceMarker), config),
};

/** The blocks between two merges. */
interface Level {
  readonly weights: Weights;
  readonly width: number;
  readonly heads: number;
  readonly rows: number;
  readonly columns: number;
  /** Number of its first block, counted through all levels. */
  readonly first: number;
  readonly blocks: number;
}

function build(weights: Weights, config: Config): Architecture {
  const patchWeight = weights.tensor(huggingFaceMarker, [any, any, any, any]);
  const channels = patchWeight.shape[1]!;
  const [height, imageWidth] = imageSize(config["image_size"], patchWeight.shape);
  const levels = levelsOf(weights, config, [Math.floor(height / patchWeight.shape[2]!), Math.floor(imageWidth / patchWeight.shape[3]!)]);
  const [first, last] = [levels[0]!, levels.at(-1)!];
  const window = optionalSize(config, "window_size") ?? 7;
  const norm = normsOf("layernorm", eps(config, ["layer_norm_eps"], 1e-5));
  const fixedNorm = normsOf("layernorm", fixedEps);
  const act = activation(optionalText(config, "hidden_act") ?? "gelu");
  const depth = last.first + last.blocks;

  const embedding = stage("embedding", (g) => {
    const pixels = g.input("pixel_values", "float32", ["batch", channels, height, imageWidth]);
    const patchBias = weights.optional("embeddings.patch_embeddings.projection.bias", [first.width]);
    const tokens = embedPatches(g, pixels, { patchWeight, patchBias, prefix: [], positions: undefined, imageSize: [height, imageWidth] });
    const normed = g.norm(tokens, fixedNorm(weights, "embeddings.norm", first.width, "embedding", 0));
    const positions = weights.optional("embeddings.position_embeddings", [1, first.rows * first.columns, first.width]);
    g.output(positions ? g.add(normed, g.weight(positions)) : normed, hiddenState(0));
  });

  const blockStage = (level: Level, index: number): Stage =>
    stage(`block ${level.first + index}`, (g) => {
      const { width } = level;
      const parts = level.weights.at(`blocks.${index}`);
      const names = parts.has(inMemory.table) ? inMemory : stored;
      const number = level.first + index;
      const x = g.input(hiddenState(number), "float32", ["batch", "sequence", width]);
      const normed = g.norm(x, norm(parts, "layernorm_before", width, "attention", number));
      const attended = g.add(x, windowAttention(g, normed, parts, names, level, gridOf(level, window, index)));
      const fed = denseFeedForward(parts.feedForward(names.up, names.down, width), act)(g, g.norm(attended, norm(parts, "layernorm_after", width, "ffn", number)));
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
      const normed = g.norm(joined, fixedNorm(level.weights, "downsample.norm", 4 * width, "other", number));
      g.output(g.project(normed, level.weights.linear("downsample.reduction", 4 * width, 2 * width)), hiddenState(number));
    });

  const classifier = classifierIn(weights.outside("swin."), "classifier", last.width);
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
    stages: [embedding, ...levels.flatMap(stagesOf), finalNormStage(last.width, norm(weights, "layernorm", last.width, "final", depth))],
    ...(classifier && {
      head: stage("head", (g) => {
        const x = g.input(lastHiddenState, "float32", ["batch", "sequence", last.width]);
        g.output(g.linear(g.op("ReduceMean", [x, g.ints([1])], { keepdims: { int: 0 } }), classifier), "logits");
      }),
    }),
    assumptions: [],
  };
}

/** Every level has twice the channels and half the rows and columns of the one before it. */
function levelsOf(weights: Weights, config: Config, [rows, columns]: readonly [number, number]): Level[] {
  const count = weights.blocks(firstNorm);
  const heads = numberList(config, "num_heads", count);
  let first = 0;
  return Array.from({ length: count }, (_, index) => {
    const parts = weights.at(`encoder.layers.${index}`);
    const blocks = parts.blocks((block) => `blocks.${block}.layernorm_before.weight`);
    const scale = 2 ** index;
    if (rows % scale !== 0 || columns % scale !== 0) throw uneven(weights, rows, columns, `${count} levels`);
    const level = { weights: parts, width: weights.tensor(firstNorm(index), [any]).shape[0]!, heads: heads[index]!, rows: rows / scale, columns: columns / scale, first, blocks };
    first += blocks;
    return level;
  });
}

/** Every second block moves its windows by half; a grid no larger than a window is one window. */
function gridOf({ weights, rows, columns }: Level, stated: number, index: number): WindowedGrid {
  const side = Math.min(rows, columns);
  const window = Math.min(stated, side);
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
  const [q, k, v] = names.qkv.map((part) => g.unflatten(g.linear(windows, parts.linear(part, width, width)), windows, [heads, shape.headSize])) as [Value, Value, Value];
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
