import type { TensorReference } from "../checkpoint/checkpoint";
import { outSize, type GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation } from "./activation";
import { hiddenState, stage, type Architecture, type Config, type Family, type Stage } from "./architecture";
import { architectureName, eps, optionalText } from "./config";
import { lastHiddenState } from "./ends";
import { classifierIn, layerNormIn } from "./hugging-face-vision";
import { imageSize } from "./image-size";
import { any, holds, type Weights } from "./weights";

const marker = "embeddings.patch_embeddings.weight";

/** eps of all norms but the last, whatever the configuration says of that. */
const fixedEps = 1e-6;

/** Added to the mean in the response normalisation of version 2. */
const responseEps = 1e-6;

/** ConvNeXt (arXiv 2201.03545) and ConvNeXt V2 (arXiv 2301.00808) in the names of Hugging Face. */
export const convnext: Family = {
  name: "convnext",
  modelTypes: ["convnext", "convnextv2"],
  recognises: (checkpoint) => holds(checkpoint, marker) && holds(checkpoint, "encoder.stages.0.layers.0.dwconv.weight"),
  build: (weights, config) => build(weights.within(marker), config),
};

/** The blocks between two halvings of the image. Hidden states are [batch, channels, rows, columns]. */
interface Level {
  readonly weights: Weights;
  readonly channels: number;
  /** Channels before it. */
  readonly before: number;
  /** Number of its first block, counted through all levels. */
  readonly first: number;
  readonly blocks: number;
}

function build(weights: Weights, config: Config): Architecture {
  const patchWeight = weights.tensor(marker, [any, any, any, any]);
  const [firstWidth, channels, patchHeight, patchWidth] = patchWeight.shape as [number, number, number, number];
  const [height, imageWidth] = imageSize(config["image_size"], patchWeight.shape);
  const levels = levelsOf(weights, firstWidth);
  const last = levels.at(-1)!;
  const depth = last.first + last.blocks;
  const norm = layerNormIn(fixedEps);
  const act = activation(optionalText(config, "hidden_act") ?? "gelu");

  const embedding = stage("embedding", (g) => {
    const pixels = g.input("pixel_values", "float32", ["batch", channels, height, imageWidth]);
    const size = [patchHeight, patchWidth];
    const patches = g.op("Conv", [pixels, g.weight(patchWeight), ...optional(g, weights.optional("embeddings.patch_embeddings.bias", [firstWidth]))], { kernel_shape: { ints: size }, strides: { ints: size } });
    g.output(likeImage(g, g.norm(likeTokens(g, patches, firstWidth), norm(weights, "embeddings.layernorm", firstWidth, "embedding", 0)), patches), hiddenState(0));
  });

  const blockStage = (level: Level, index: number): Stage =>
    stage(`block ${level.first + index}`, (g) => {
      const width = level.channels;
      const parts = level.weights.at(`layers.${index}`);
      const entered = g.input(index === 0 && level.first > 0 ? halved : hiddenState(level.first + index), "float32", ["batch", width, "rows", "columns"]);
      const kernel = parts.tensor("dwconv.weight", [width, 1, any, any]);
      const convolved = g.op("Conv", [entered, g.weight(kernel), ...optional(g, parts.optional("dwconv.bias", [width]))], {
        kernel_shape: { ints: kernel.shape.slice(2) },
        pads: { ints: [...kernel.shape.slice(2), ...kernel.shape.slice(2)].map((side) => Math.floor(side / 2)) },
        group: { int: width },
      });
      const normed = g.norm(likeTokens(g, convolved, width), norm(parts, "layernorm", width, "ffn", level.first + index));
      const up = parts.linear("pwconv1", width, any);
      const wide = respond(g, g.unflatten(act(g, g.linear(normed, up)), normed, [outSize(up)]), parts, outSize(up));
      const fed = g.project(wide, parts.linear("pwconv2", outSize(up), width));
      const scale = parts.optional("layer_scale_parameter", [width]);
      g.output(g.add(entered, likeImage(g, scale ? g.multiply(fed, g.weight(scale)) : fed, entered)), hiddenState(level.first + index + 1));
    });

  const halveStage = ({ weights: parts, before, channels: after, first }: Level): Stage =>
    stage(`halving ${first}`, (g) => {
      const x = g.input(hiddenState(first), "float32", ["batch", before, "rows", "columns"]);
      const normed = g.norm(likeTokens(g, x, before), norm(parts, "downsampling_layer.0", before, "other", first));
      const kernel = parts.tensor("downsampling_layer.1.weight", [after, before, any, any]);
      const size = kernel.shape.slice(2);
      const bias = optional(g, parts.optional("downsampling_layer.1.bias", [after]));
      g.output(g.op("Conv", [likeImage(g, normed, x), g.weight(kernel), ...bias], { kernel_shape: { ints: size }, strides: { ints: size } }), halved);
    });

  const final = stage("final norm", (g) => {
    const x = g.input(hiddenState(depth), "float32", ["batch", last.channels, "rows", "columns"]);
    const pooled = g.op("ReduceMean", [likeTokens(g, x, last.channels), g.ints([1])], { keepdims: { int: 0 } });
    g.output(g.norm(pooled, layerNormIn(eps(config, ["layer_norm_eps"], 1e-12))(weights, "layernorm", last.channels, "final", depth)), lastHiddenState);
  });

  const classifier = classifierIn(weights.outside("convnext.").outside("convnextv2."), "classifier", last.channels);
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

function levelsOf(weights: Weights, firstWidth: number): Level[] {
  const count = weights.blocks((level) => `encoder.stages.${level}.layers.0.dwconv.weight`);
  let first = 0;
  let before = firstWidth;
  return Array.from({ length: count }, (_, index) => {
    const parts = weights.at(`encoder.stages.${index}`);
    const channels = parts.tensor("layers.0.dwconv.weight", [any, 1, any, any]).shape[0]!;
    const level = { weights: parts, channels, before, first, blocks: parts.blocks((block) => `layers.${block}.dwconv.weight`) };
    first += level.blocks;
    before = channels;
    return level;
  });
}

/** Version 2's global response normalisation: x + beta + gamma * x * (norm of a channel over the image / mean of those over channels). */
function respond(g: GraphBuilder, x: Value, parts: Weights, width: number): Value {
  const gamma = parts.optional("grn.weight", [1, 1, 1, width]);
  if (!gamma) return x;
  const flat = (reference: TensorReference): Value => g.weight({ ...reference, shape: [width] });
  const norms = g.op("Sqrt", [g.op("ReduceSum", [g.multiply(x, x), g.ints([1])])]);
  const response = g.op("Div", [norms, g.add(g.op("ReduceMean", [norms, g.ints([-1])]), g.float(responseEps))]);
  const scaled = g.multiply(flat(gamma), g.multiply(x, response));
  return g.add(x, g.add(scaled, flat(parts.tensor("grn.bias", [1, 1, 1, width]))));
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
