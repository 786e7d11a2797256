import type { Checkpoint, TensorReference } from "../checkpoint/checkpoint";
import { outSize, type GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation } from "./activation";
import { hiddenState, stage, type Architecture, type Config, type Family, type Stage } from "./architecture";
import { architectureName, eps, optionalObject, optionalText } from "./config";
import { lastHiddenState } from "./ends";
import { classifierIn } from "./hugging-face-vision";
import { imageSize } from "./image-size";
import { normsOf } from "./norm-in";
import { any, holds, type Weights } from "./weights";

/** What the parts are called. */
interface Names {
  readonly patches: string;
  readonly firstNorm: string;
  readonly block: (level: number | string, index: number | string) => string;
  readonly kernel: string;
  readonly norm: string;
  readonly up: string;
  readonly down: string;
  readonly scale: string;
  /** Version 2's gain and offset of responses. */
  readonly response: readonly [gain: string, offset: string];
  /** Norm and convolution that halve the image before a level. */
  readonly halving: (level: number) => readonly [norm: string, convolution: string];
  readonly lastNorm: string;
  readonly classifier: string;
}

const huggingFace: Names = {
  patches: "embeddings.patch_embeddings",
  firstNorm: "embeddings.layernorm",
  block: (level, index) => `encoder.stages.${level}.layers.${index}`,
  kernel: "dwconv",
  norm: "layernorm",
  up: "pwconv1",
  down: "pwconv2",
  scale: "layer_scale_parameter",
  response: ["grn.weight", "grn.bias"],
  halving: (level) => [`encoder.stages.${level}.downsampling_layer.0`, `encoder.stages.${level}.downsampling_layer.1`],
  lastNorm: "layernorm",
  classifier: "classifier",
};

/** The code of the paper's authors. */
const original: Names = {
  patches: "downsample_layers.0.0",
  firstNorm: "downsample_layers.0.1",
  block: (level, index) => `stages.${level}.${index}`,
  kernel: "dwconv",
  norm: "norm",
  up: "pwconv1",
  down: "pwconv2",
  scale: "gamma",
  response: ["grn.gamma", "grn.beta"],
  halving: (level) => [`downsample_layers.${level}.0`, `downsample_layers.${level}.1`],
  lastNorm: "norm",
  classifier: "head",
};

const timm: Names = {
  patches: "stem.0",
  firstNorm: "stem.1",
  block: (level, index) => `stages.${level}.blocks.${index}`,
  kernel: "conv_dw",
  norm: "norm",
  up: "mlp.fc1",
  down: "mlp.fc2",
  scale: "gamma",
  response: ["mlp.grn.weight", "mlp.grn.bias"],
  halving: (level) => [`stages.${level}.downsample.0`, `stages.${level}.downsample.1`],
  lastNorm: "head.norm",
  classifier: "head.fc",
};

const spellings: readonly Names[] = [huggingFace, original, timm];

const kernelOf = (names: Names, level: number | string = 0, index: number | string = 0): string => `${names.block(level, index)}.${names.kernel}.weight`;

/** eps of all norms but the last, whatever the configuration says of that. */
const fixedEps = 1e-6;

/** Added to the mean in the response normalisation of version 2. */
const responseEps = 1e-6;

/** ConvNeXt (arXiv 2201.03545) and ConvNeXt V2 (arXiv 2301.00808) in the names of Hugging Face, of its authors and of timm. */
export const convnext: Family = {
  name: "convnext",
  modelTypes: ["convnext", "convnextv2"],
  recognises: (checkpoint) => spellingOf(checkpoint) !== undefined,
  build: (weights, config) => {
    const names = spellingOf(weights.checkpoint) ?? huggingFace;
    return build(weights.within(`${names.patches}.weight`), config, names);
  },
};

function spellingOf(checkpoint: Checkpoint): Names | undefined {
  return spellings.find((names) => holds(checkpoint, `${names.patches}.weight`) && holds(checkpoint, kernelOf(names)));
}

/** The blocks between two halvings of the image. Hidden states are [batch, channels, rows, columns]. */
interface Level {
  readonly index: number;
  readonly channels: number;
  /** Channels before it. */
  readonly before: number;
  /** Number of its first block, counted through all levels. */
  readonly first: number;
  readonly blocks: number;
}

function build(weights: Weights, config: Config, names: Names): Architecture {
  const settings = { ...optionalObject(config, "pretrained_cfg"), ...config, ...optionalObject(config, "model_args") };
  const patchWeight = weights.tensor(`${names.patches}.weight`, [any, any, any, any]);
  const [firstWidth, channels, patchHeight, patchWidth] = patchWeight.shape as [number, number, number, number];
  const [height, imageWidth] = imageSize(config["image_size"] ?? settings["img_size"] ?? settings["input_size"], patchWeight.shape);
  const levels = levelsOf(weights, names, firstWidth);
  const last = levels.at(-1)!;
  const depth = last.first + last.blocks;
  const norm = normsOf("layernorm", fixedEps);
  const act = activation(optionalText(config, "hidden_act") ?? "gelu");

  const embedding = stage("embedding", (g) => {
    const pixels = g.input("pixel_values", "float32", ["batch", channels, height, imageWidth]);
    const size = [patchHeight, patchWidth];
    const patches = g.op("Conv", [pixels, g.weight(patchWeight), ...optional(g, weights.optional(`${names.patches}.bias`, [firstWidth]))], { kernel_shape: { ints: size }, strides: { ints: size } });
    g.output(likeImage(g, g.norm(likeTokens(g, patches, firstWidth), norm(weights, names.firstNorm, firstWidth, "embedding", 0)), patches), hiddenState(0));
  });

  const blockStage = (level: Level, index: number): Stage =>
    stage(`block ${level.first + index}`, (g) => {
      const width = level.channels;
      const parts = weights.at(names.block(level.index, index));
      const entered = g.input(index === 0 && level.first > 0 ? halved : hiddenState(level.first + index), "float32", ["batch", width, "rows", "columns"]);
      const kernel = parts.tensor(`${names.kernel}.weight`, [width, 1, any, any]);
      const convolved = g.op("Conv", [entered, g.weight(kernel), ...optional(g, parts.optional(`${names.kernel}.bias`, [width]))], {
        kernel_shape: { ints: kernel.shape.slice(2) },
        pads: { ints: [...kernel.shape.slice(2), ...kernel.shape.slice(2)].map((side) => Math.floor(side / 2)) },
        group: { int: width },
      });
      const normed = g.norm(likeTokens(g, convolved, width), norm(parts, names.norm, width, "ffn", level.first + index));
      const up = parts.linear(names.up, width, any);
      const wide = respond(g, g.unflatten(act(g, g.linear(normed, up)), normed, [outSize(up)]), parts, names.response, outSize(up));
      const fed = g.project(wide, parts.linear(names.down, outSize(up), width));
      const scale = parts.optional(names.scale, [width]);
      g.output(g.add(entered, likeImage(g, scale ? g.multiply(fed, g.weight(scale)) : fed, entered)), hiddenState(level.first + index + 1));
    });

  const halveStage = ({ index, before, channels: after, first }: Level): Stage =>
    stage(`halving ${first}`, (g) => {
      const x = g.input(hiddenState(first), "float32", ["batch", before, "rows", "columns"]);
      const [normName, convolution] = names.halving(index);
      const normed = g.norm(likeTokens(g, x, before), norm(weights, normName, before, "other", first));
      const kernel = weights.tensor(`${convolution}.weight`, [after, before, any, any]);
      const size = kernel.shape.slice(2);
      const bias = optional(g, weights.optional(`${convolution}.bias`, [after]));
      g.output(g.op("Conv", [likeImage(g, normed, x), g.weight(kernel), ...bias], { kernel_shape: { ints: size }, strides: { ints: size } }), halved);
    });

  const final = stage("final norm", (g) => {
    const x = g.input(hiddenState(depth), "float32", ["batch", last.channels, "rows", "columns"]);
    const pooled = g.op("ReduceMean", [likeTokens(g, x, last.channels), g.ints([1])], { keepdims: { int: 0 } });
    g.output(g.norm(pooled, normsOf("layernorm", eps(config, ["layer_norm_eps"], names === huggingFace ? 1e-12 : fixedEps))(weights, names.lastNorm, last.channels, "final", depth)), lastHiddenState);
  });

  const classifier = classifierIn(weights.outside("convnext.").outside("convnextv2."), names.classifier, last.channels);
  const stagesOf = (level: Level): Stage[] => [
    ...(level.first === 0 ? [] : [halveStage(level)]),
    ...Array.from({ length: level.blocks }, (_, index) => blockStage(level, index)),
  ];
  return {
    name: architectureName(config, "convnext"),
    width: last.channels,
    depth,
    isLanguageModel: false,
    input: { modality: "images", channels, height, width: imageWidth, tokensPerImage: Math.floor(height / patchHeight) * Math.floor(imageWidth / patchWidth) },
    stages: [embedding, ...levels.flatMap(stagesOf), final],
    ...(classifier && {
      head: stage("head", (g) => {
        g.output(g.linear(g.input(lastHiddenState, "float32", ["batch", last.channels]), classifier), "logits");
      }),
    }),
    assumptions: [],
  };
}

/** What a halving hands on to the first block behind it. */
const halved = "halved";

function levelsOf(weights: Weights, names: Names, firstWidth: number): Level[] {
  const count = weights.blocks((level) => kernelOf(names, level));
  let first = 0;
  let before = firstWidth;
  return Array.from({ length: count }, (_, index) => {
    const channels = weights.tensor(kernelOf(names, index), [any, 1, any, any]).shape[0]!;
    const level = { index, channels, before, first, blocks: weights.blocks((block) => kernelOf(names, index, block)) };
    first += level.blocks;
    before = channels;
    return level;
  });
}

/** Version 2's global response normalisation: x + beta + gamma * x * (norm of a channel over the image / mean of those over channels). */
function respond(g: GraphBuilder, x: Value, parts: Weights, [gain, offset]: Names["response"], width: number): Value {
  const gamma = parts.has(gain) ? vector(parts, gain, width) : undefined;
  if (!gamma) return x;
  const norms = g.op("Sqrt", [g.op("ReduceSum", [g.multiply(x, x), g.ints([1])])]);
  const response = g.op("Div", [norms, g.add(g.op("ReduceMean", [norms, g.ints([-1])]), g.float(responseEps))]);
  const scaled = g.multiply(g.weight(gamma), g.multiply(x, response));
  return g.add(x, g.add(scaled, g.weight(vector(parts, offset, width))));
}

/** A vector, or one that is stored with axes of size 1 before it. */
function vector(parts: Weights, name: string, width: number): TensorReference {
  const isFlat = parts.checkpoint.tensors.get(parts.prefix + name)?.shape.length === 1;
  return { ...parts.tensor(name, isFlat ? [width] : [1, 1, 1, width]), shape: [width] };
}

/** [batch, channels, rows, columns] as [batch, rows * columns, channels]. */
function likeTokens(g: GraphBuilder, x: Value, channels: number): Value {
  return g.op("Transpose", [g.op("Reshape", [x, g.ints([0, channels, -1])])], { perm: { ints: [0, 2, 1] } });
}

/** [batch, rows * columns, channels] in the shape of an image. */
function likeImage(g: GraphBuilder, x: Value, image: Value): Value {
  return g.op("Reshape", [g.op("Transpose", [x], { perm: { ints: [0, 2, 1] } }), g.op("Shape", [image])]);
}

function optional(g: GraphBuilder, bias: TensorReference | undefined): Value[] {
  return bias ? [g.weight(bias)] : [];
}
