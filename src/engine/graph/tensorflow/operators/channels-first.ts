import type { Value } from "../../graph";
import type { TensorflowNode } from "../node";
import type { OnnxWriter } from "../writer";

const toChannelsFirst = [0, 3, 1, 2];
const toChannelsLast = [0, 2, 3, 1];

/** A value with its axes in another order. */
export function permuted(writer: OnnxWriter, value: Value, perm: readonly number[]): Value {
  return writer.op("Transpose", [value], { perm: { ints: perm } });
}

/** Has an operator work on channels that stand second among four axes, as ONNX has them, wherever TensorFlow has them. */
export function channelsFirst(node: TensorflowNode, writer: OnnxWriter, work: (value: Value) => Value): Value {
  if (node.text("data_format", "NHWC") === "NCHW") return work(node.input(0));
  return permuted(writer, work(permuted(writer, node.input(0), toChannelsFirst)), toChannelsLast);
}
