import * as tf from "@tensorflow/tfjs-core";
import { channelsLast, pair } from "./channels-last";
import type { Operators } from "./operator";
import { windowOf, type Window } from "./window";

/** Convolutions. */
export const convolutions: Operators = {
  Conv: {
    device: ({ inputs: [x, weight, bias], node }) => {
      const window = windowOf(node, x!.shape.slice(2), weight!.shape.slice(2));
      const result = channelsLast(node.opType, x!, (images) => convolve(images, weight!, window, node.int("group", 1)));
      return [bias ? tf.add(result, tf.reshape(bias, [-1, ...window.kernel.map(() => 1)])) : result];
    },
  },
};

/** Convolves images [batch, height, width, channels] with a weight [outputs, channels of a group, ...kernel]. */
function convolve(images: tf.Tensor4D, weight: tf.Tensor, window: Window, groups: number): tf.Tensor4D {
  const [strides, dilations] = [pair(window.strides, 1), pair(window.dilations, 1)];
  const [before, after] = [pair(window.before, 0), pair(window.after, 0)];
  const [outputs, inputs] = weight.shape as [number, number];
  const filters = tf.transpose<tf.Tensor4D>(tf.reshape(weight, [outputs, inputs, ...pair(window.kernel, 1)]), [2, 3, 1, 0]);
  const padded: tf.Tensor4D = tf.pad(images, [[0, 0], [before[0], after[0]], [before[1], after[1]], [0, 0]]);
  const each = (part: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D => tf.conv2d(part, filter, strides, "valid", "NHWC", dilations);
  if (groups === 1) return each(padded, filters);
  const groupFilters = tf.split<tf.Tensor4D>(filters, groups, 3);
  return tf.concat(tf.split<tf.Tensor4D>(padded, groups, 3).map((part, group) => each(part, groupFilters[group]!)), 3);
}
