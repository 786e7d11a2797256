import { outputsFirst } from "../../../checkpoint/permuted";
import type { Attribute } from "../../attributes";
import type { Value } from "../../graph";
import { NotWritten, required, type LayerCall, type LayerWriter } from "../call";
import { channelsLast, channelsSecond } from "../channels";
import { activated } from "./activations";
import { refuseChannelsFirst } from "./shapes";

/** How a window goes over `axes` axes: "same" pads as TensorFlow does, what is left over at the end. */
function windowAttributes({ settings }: LayerCall, axes: number, size: readonly number[], strides: readonly number[]): Record<string, Attribute> {
  const padding = settings.text("padding", "valid");
  const dilations = settings.numbers("dilation_rate", axes);
  const how: Record<string, Attribute> = { kernel_shape: { ints: size }, strides: { ints: strides }, dilations: { ints: dilations } };
  if (padding === "valid") return how;
  if (padding === "same") return { ...how, auto_pad: { string: "SAME_UPPER" } };
  if (padding === "causal" && axes === 1) return { ...how, pads: { ints: [dilations[0]! * (size[0]! - 1), 0] } };
  throw new NotWritten(`the padding "${padding}"`);
}

const convolution = (axes: number): LayerWriter => (call) => {
  const { g, x, settings } = call;
  const kernel = outputsFirst(required(call, "kernel"));
  return convolved(call, axes, channelsSecond(g, x), g.weight(kernel), kernel.shape.slice(2), settings.number("groups", 1));
};

/** Each channel by itself: a kernel [places ..., channels, of each]. */
const depthwise = (axes: number): LayerWriter => (call) => {
  const { g, x } = call;
  const kernel = call.variable("kernel") ?? required(call, "depthwise_kernel");
  const size = kernel.shape.slice(0, axes);
  const channels = kernel.shape[axes]!;
  const channelsFirst = g.op("Transpose", [g.weight(kernel)], { perm: { ints: [axes, axes + 1, ...size.map((_, axis) => axis)] } });
  const weight = g.op("Reshape", [channelsFirst, g.ints([channels * kernel.shape[axes + 1]!, 1, ...size])]);
  return convolved(call, axes, channelsSecond(g, x), weight, size, channels);
};

function convolved(call: LayerCall, axes: number, input: Value, weight: Value, size: readonly number[], groups: number): ReturnType<LayerWriter> {
  const { g, x, settings, variable } = call;
  refuseChannelsFirst(call);
  const bias = variable("bias");
  const attributes = { ...windowAttributes(call, axes, size, settings.numbers("strides", axes)), group: { int: groups } };
  const value = g.op("Conv", [input, weight, ...(bias ? [g.weight(bias)] : [])], attributes);
  const last = channelsLast(g, { value, rank: x.rank });
  return { ...last, value: activated(g, last.value, settings.all["activation"]) };
}

const pooling = (opType: string, axes: number): LayerWriter => (call) => {
  const { g, x, settings } = call;
  refuseChannelsFirst(call);
  const size = settings.numbers("pool_size", axes, 2);
  const strides = settings.all["strides"] === null ? size : settings.numbers("strides", axes);
  return channelsLast(g, { value: g.op(opType, [channelsSecond(g, x)], windowAttributes(call, axes, size, strides)), rank: x.rank });
};

/** Over all places. */
const poolingOfAll = (opType: string, axes: number): LayerWriter => (call) => {
  const { g, x, settings } = call;
  refuseChannelsFirst(call);
  const keeps = settings.flag("keepdims");
  const over = g.ints(Array.from({ length: axes }, (_, axis) => axis + 1));
  return { rank: keeps ? x.rank : 2, value: g.op(opType, [x.value, over], { keepdims: { int: keeps ? 1 : 0 } }) };
};

/** Layers that go over places with a window. */
export const convolutionLayers: Readonly<Record<string, LayerWriter>> = {
  Conv1D: convolution(1),
  Conv2D: convolution(2),
  DepthwiseConv1D: depthwise(1),
  DepthwiseConv2D: depthwise(2),
  AveragePooling1D: pooling("AveragePool", 1),
  AveragePooling2D: pooling("AveragePool", 2),
  MaxPooling1D: pooling("MaxPool", 1),
  MaxPooling2D: pooling("MaxPool", 2),
  GlobalAveragePooling1D: poolingOfAll("ReduceMean", 1),
  GlobalAveragePooling2D: poolingOfAll("ReduceMean", 2),
  GlobalMaxPooling1D: poolingOfAll("ReduceMax", 1),
  GlobalMaxPooling2D: poolingOfAll("ReduceMax", 2),
};
