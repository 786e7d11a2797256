import { UserError } from "../../shared/errors";
import type { TensorReference } from "../checkpoint/checkpoint";
import type { GraphBuilder, NormSpecification } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation } from "./activation";
import { blockIndices, hiddenState, stage, type Architecture, type Config, type Family, type Stage } from "./architecture";
import { architectureName, eps, flag, headSize, numberList, optionalSize, optionalText, size } from "./config";
import { encoderBlock } from "./encoder-block";
import { finalNormStage } from "./ends";
import { denseFeedForward } from "./feed-forward";
import { normsOf } from "./norm-in";
import { preNormBlock } from "./pre-norm-block";
import { any, holds, type Weights } from "./weights";

const marker = "feature_projection.projection.weight";

/** eps of the norms between convolutions, whatever the configuration says of the others. */
const convolutionEps = 1e-5;

/** What is fed at a time: 4 seconds at the 16 kHz that these models are trained on. */
const samples = 64_000;

/** wav2vec 2.0 (arXiv 2006.11477) and HuBERT (arXiv 2106.07447) in the names of Hugging Face: convolutions over sound, then a transformer. */
export const wav2vec2: Family = {
  name: "wav2vec2",
  modelTypes: ["wav2vec2", "hubert"],
  recognises: (checkpoint) => holds(checkpoint, marker) && holds(checkpoint, "encoder.layers.0.final_layer_norm.weight"),
  build: (weights, config) => build(weights.within(marker), config),
};

/** Everything that the layers of a model have in common. */
interface Sizes {
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  /** Norms before the branches instead of behind them, and one behind the last block instead of one before the first. */
  readonly normsFirst: boolean;
}

function build(weights: Weights, config: Config): Architecture {
  const projection = weights.tensor(marker, [any, any]);
  const [width, features] = projection.shape as [number, number];
  const depth = weights.blocks((block) => `encoder.layers.${block}.layer_norm.weight`, optionalSize(config, "num_hidden_layers"));
  const sizes = { width, depth, heads: size(config, "num_attention_heads"), normsFirst: flag(config, "do_stable_layer_norm", false) };
  const norm = normsOf("layernorm", eps(config, ["layer_norm_eps"], 1e-5));
  const convolutions = weights.blocks((layer) => `feature_extractor.conv_layers.${layer}.conv.weight`);
  const strides = stridesOf(config, convolutions);

  const embedding = stage("features", (g) => {
    const sound = g.input("input_values", "float32", ["batch", "samples"]);
    const convolved = blockIndices(convolutions).reduce(
      (x, layer) => convolve(g, x, weights.at(`feature_extractor.conv_layers.${layer}`), strides[layer]!, optionalText(config, "feat_extract_activation") ?? "gelu"),
      g.op("Unsqueeze", [sound, g.ints([1])]),
    );
    const rows = g.op("Transpose", [convolved], { perm: { ints: [0, 2, 1] } });
    const normed = weights.hasNorm("feature_projection.layer_norm") ? g.norm(rows, norm(weights, "feature_projection.layer_norm", features, "embedding", 0)) : rows;
    const projected = g.project(normed, weights.linear("feature_projection.projection", features, width));
    const placed = g.add(projected, placeByConvolution(g, projected, weights.at("encoder.pos_conv_embed.conv"), width, optionalText(config, "feat_extract_activation") ?? "gelu"));
    g.output(sizes.normsFirst ? placed : g.norm(placed, norm(weights, "encoder.layer_norm", width, "embedding", 0)), hiddenState(0));
  });

  return {
    name: architectureName(config, "wav2vec2"),
    width,
    depth,
    isLanguageModel: false,
    input: { modality: "audio", feed: "input_values", shape: [samples], tokensPerPiece: framesOf(weights, strides) },
    stages: [
      embedding,
      ...blockIndices(depth).map((index) => blockStage(weights.at(`encoder.layers.${index}`), config, sizes, index)),
      ...(sizes.normsFirst ? [finalNormStage(width, norm(weights, "encoder.layer_norm", width, "final", depth))] : []),
    ],
    assumptions: [],
  };
}

function blockStage(parts: Weights, config: Config, { width, heads, normsFirst }: Sizes, index: number): Stage {
  return stage(`block ${index}`, (g) => {
    const norm = normsOf("layernorm", eps(config, ["layer_norm_eps"], 1e-5));
    const act = activation(optionalText(config, "hidden_act") ?? "gelu");
    const shape = { heads, keyValueHeads: heads, headSize: headSize(width, heads), causal: false };
    const x = g.input(hiddenState(index), "float32", ["batch", "sequence", width]);
    const [query, key, value] = ["q_proj", "k_proj", "v_proj"].map((part) => parts.linear(`attention.${part}`, width, width)) as [Projection, Projection, Projection];
    const attentionOut = parts.linear("attention.out_proj", width, width);
    const dense = parts.feedForward("feed_forward.intermediate_dense", "feed_forward.output_dense", width);
    const first = (role: NormSpecification["role"]): NormSpecification => norm(parts, "layer_norm", width, role, index);
    const second = (role: NormSpecification["role"]): NormSpecification => norm(parts, "final_layer_norm", width, role, index);
    const handedOn = normsFirst
      ? preNormBlock(g, x, { attentionNorm: first("attention"), ffnNorm: second("ffn"), qkv: [query, key, value], attentionOut, feedForward: denseFeedForward(dense, act) }, shape)
      : encoderBlock(g, x, { query, key, value, attentionOut, attentionNorm: first("post-attention"), ...dense, ffnNorm: second("post-ffn") }, shape, act);
    g.output(handedOn, hiddenState(index + 1));
  });
}

type Projection = ReturnType<Weights["linear"]>;

/** A convolution over time, the norm that some have behind it (over channels, or of each channel over time), and the activation. x is [batch, channels, time]. */
function convolve(g: GraphBuilder, x: Value, parts: Weights, stride: number, act: string): Value {
  const kernel = parts.tensor("conv.weight", [any, any, any]);
  const [channels, , length] = kernel.shape as [number, number, number];
  const bias = parts.optional("conv.bias", [channels]);
  const convolved = g.op("Conv", [x, g.weight(kernel), ...(bias ? [g.weight(bias)] : [])], { kernel_shape: { ints: [length] }, strides: { ints: [stride] } });
  return activation(act)(g, parts.has("layer_norm.weight") ? normBehind(g, convolved, parts, channels) : convolved);
}

/** The first layer alone has a norm where it is one of each channel over time; where all have one it is over channels. */
function normBehind(g: GraphBuilder, x: Value, parts: Weights, channels: number): Value {
  const norm = normsOf("layernorm", convolutionEps)(parts, "layer_norm", channels, "embedding", 0);
  const isOverTime = !parts.checkpoint.tensors.has(`${parts.prefix.replace(/\d+\.$/, "1.")}layer_norm.weight`);
  if (isOverTime) return g.channelNorm(x, norm);
  const swap = (value: Value): Value => g.op("Transpose", [value], { perm: { ints: [0, 2, 1] } });
  return swap(g.norm(swap(x), norm));
}

/** Positions by a wide convolution over time, whose kernel is kept as direction and length (weight normalisation). */
function placeByConvolution(g: GraphBuilder, x: Value, parts: Weights, width: number, act: string): Value {
  const parametrised = parts.has("parametrizations.weight.original1");
  const direction = parts.tensor(parametrised ? "parametrizations.weight.original1" : "weight_v", [width, any, any]);
  const [, inGroup, length] = direction.shape as [number, number, number];
  const lengths = parts.tensor(parametrised ? "parametrizations.weight.original0" : "weight_g", [1, 1, length]);
  const kernel = unitTimes(g, direction, lengths);
  const bias = parts.optional("bias", [width]);
  const before = Math.floor(length / 2);
  const convolved = g.op("Conv", [g.op("Transpose", [x], { perm: { ints: [0, 2, 1] } }), kernel, ...(bias ? [g.weight(bias)] : [])], {
    kernel_shape: { ints: [length] },
    pads: { ints: [before, length - 1 - before] },
    group: { int: width / inGroup },
  });
  return g.op("Transpose", [activation(act)(g, convolved)], { perm: { ints: [0, 2, 1] } });
}

function unitTimes(g: GraphBuilder, direction: TensorReference, lengths: TensorReference): Value {
  const values = g.weight(direction);
  const squares = g.op("ReduceSum", [g.multiply(values, values), g.ints([0, 1])]);
  return g.multiply(g.op("Div", [values, g.op("Sqrt", [squares])]), g.weight(lengths));
}

/** Steps of the convolutions, which no tensor tells. */
function stridesOf(config: Config, convolutions: number): number[] {
  const strides = numberList(config, "conv_stride", convolutions);
  if (strides.every((stride) => Number.isInteger(stride) && stride < samples)) return strides;
  throw new UserError(`config.json: "conv_stride" is ${strides.join(", ")} where whole numbers below ${samples} are expected.`);
}

/** Positions that the convolutions leave of what is fed. */
function framesOf(weights: Weights, strides: readonly number[]): number {
  const frames = strides.reduce((length, stride, layer) => {
    const kernel = weights.tensor(`feature_extractor.conv_layers.${layer}.conv.weight`, [any, any, any]).shape[2]!;
    return Math.floor((length - kernel) / stride) + 1;
  }, samples);
  if (frames >= 1) return frames;
  throw new UserError(`config.json: "conv_stride" leaves nothing of the ${samples / 16_000} seconds of sound that are fed at a time; check that it belongs to these weights.`);
}
