import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../../../../shared/errors";
import { mean } from "../device/sums";
import type { GraphNode } from "../node";
import { axesUpTo } from "../shapes";
import { channelsLast, pair } from "./channels-last";
import type { Operator, Operators } from "./operator";
import { reach, windowOf, type Window } from "./window";

/** A pool over a window. */
function pool(work: (images: tf.Tensor4D, window: PoolWindow, node: GraphNode) => tf.Tensor): Operator {
  return {
    device: ({ inputs: [x], node }) => {
      const sizes = x!.shape.slice(2);
      const window = windowOf(node, sizes, node.ints("kernel_shape", []));
      if (window.dilations.some((dilation) => dilation !== 1)) throw new UserError(`tfjs can't run ${node.opType} with dilations; choose the runtime onnxruntime.`);
      return [channelsLast(node.opType, x!, (images) => work(images, flatWindow(window, sizes, node.int("ceil_mode", 0) === 1), node))];
    },
  };
}

/** A window over height and width. */
interface PoolWindow {
  readonly kernel: [number, number];
  readonly strides: [number, number];
  /** Borders of [batch, height, width, channels] that the node asks for. */
  readonly pads: [number, number][];
  /** Borders that are added so that a last window, which starts inside, is whole. */
  readonly rest: [number, number][];
}

function flatWindow(window: Window, sizes: readonly number[], roundUp: boolean): PoolWindow {
  const rest = sizes.map((size, axis) => {
    const [stride, padded] = [window.strides[axis]!, size + window.before[axis]! + window.after[axis]!];
    const over = (padded - reach(window.kernel[axis]!, 1)) % stride;
    const startsInside = padded - over - reach(window.kernel[axis]!, 1) + stride < size + window.before[axis]!;
    return roundUp && over > 0 && startsInside ? stride - over : 0;
  });
  const [before, after, more] = [pair(window.before, 0), pair(window.after, 0), pair(rest, 0)];
  return {
    kernel: pair(window.kernel, 1),
    strides: pair(window.strides, 1),
    pads: [[0, 0], [before[0], after[0]], [before[1], after[1]], [0, 0]],
    rest: [[0, 0], [0, more[0]], [0, more[1]], [0, 0]],
  };
}

/** Pools over spatial axes. */
export const pools: Operators = {
  MaxPool: pool((images, { kernel, strides, pads, rest }) => {
    const padded = tf.pad(tf.pad(images, pads, -Infinity), rest, -Infinity);
    return tf.maxPool(padded, kernel, strides, "valid");
  }),
  AveragePool: pool((images, { kernel, strides, pads, rest }, node) => {
    const average = (padded: tf.Tensor4D): tf.Tensor4D => tf.avgPool(padded, kernel, strides, "valid");
    // How much of each window counts: the borders do where the node says so.
    const border = node.int("count_include_pad", 0);
    const counted = average(tf.pad(tf.pad(tf.onesLike(images), pads, border), rest));
    return tf.div(average(tf.pad(tf.pad(images, pads), rest)), counted);
  }),
  GlobalAveragePool: { device: ({ inputs: [x], backend }) => [mean(backend, x!, axesUpTo(x!.rank).slice(2), true)] },
  GlobalMaxPool: { device: ({ inputs: [x] }) => [tf.max(x!, axesUpTo(x!.rank).slice(2), true)] },
};
