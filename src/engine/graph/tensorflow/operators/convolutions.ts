import type { Attribute } from "../../attributes";
import type { TensorflowNode, Translation, Translations } from "../node";
import { channelsFirst, permuted } from "./channels-first";
import { withMerged } from "./products";

/** The two numbers of height and width among four that TensorFlow states. */
function ofPlane(node: TensorflowNode, name: string): number[] {
  const stated = node.ints(name);
  if (stated.length !== 4) return [1, 1];
  return node.text("data_format", "NHWC") === "NCHW" ? stated.slice(2) : stated.slice(1, 3);
}

function padding(node: TensorflowNode): Readonly<Record<string, Attribute>> {
  const kind = node.text("padding", "VALID");
  if (kind === "SAME") return { auto_pad: { string: "SAME_UPPER" } };
  if (kind === "VALID") return { pads: { ints: [0, 0, 0, 0] } };
  const explicit = node.ints("explicit_paddings");
  const [top, bottom, left, right] = node.text("data_format", "NHWC") === "NCHW" ? explicit.slice(4) : explicit.slice(2);
  return { pads: { ints: [top ?? 0, left ?? 0, bottom ?? 0, right ?? 0] } };
}

/** Kernels [height, width, in, out] as ONNX has them: [out, in, height, width]. */
const conv2d: Translation = (node, writer) =>
  channelsFirst(node, writer, (value) => {
    const kernel = permuted(writer, node.input(1), [3, 2, 0, 1]);
    return writer.op("Conv", [value, kernel], { strides: { ints: ofPlane(node, "strides") }, dilations: { ints: ofPlane(node, "dilations") }, ...padding(node) });
  });

/** Every channel by itself, with one kernel or several: [height, width, channels, kernels]. */
const depthwise: Translation = (node, writer) =>
  channelsFirst(node, writer, (value) => {
    const [height, width, channels, kernels] = writer.shape(node.input(1)) ?? [];
    if (channels === undefined || kernels === undefined) throw new Error(`its node "${node.name}" computes the kernels of a convolution from what is fed`);
    const flat = writer.op("Reshape", [node.input(1), writer.ints([height!, width!, 1, channels * kernels])]);
    const kernel = permuted(writer, flat, [3, 2, 0, 1]);
    return writer.op("Conv", [value, kernel], { group: { int: channels }, strides: { ints: ofPlane(node, "strides") }, dilations: { ints: ofPlane(node, "dilations") }, ...padding(node) });
  });

const pool = (opType: string): Translation => (node, writer) =>
  channelsFirst(node, writer, (value) => writer.op(opType, [value], { kernel_shape: { ints: ofPlane(node, "ksize") }, strides: { ints: ofPlane(node, "strides") }, ...padding(node) }));

/** Convolutions and pools over planes. */
export const convolutions: Translations = {
  Conv2D: conv2d,
  _FusedConv2D: withMerged(conv2d),
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2dNative: withMerged(depthwise),
  MaxPool: pool("MaxPool"),
  AvgPool: pool("AveragePool"),
};
