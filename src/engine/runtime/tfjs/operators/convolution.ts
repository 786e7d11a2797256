import * as tf from "@tensorflow/tfjs-core";
import { channelsLast, pair } from "./channels-last";
import type { Operators } from "./operator";
import { windowOf } from "./window";

/** Convolutions. */
export const convolutions: Operators = {
  Conv: {
    device: ({ inputs: [x, weight, bias], node }) => {
      const window = windowOf(node, x!.shape.slice(2), weight!.shape.slice(2));
      const [strides, dilations] = [pair(window.strides, 1), pair(window.dilations, 1)];
      const [before, after] = [pair(window.before, 0), pair(window.after, 0)];
      const [outputs, inputs, ...kernel] = weight!.shape as [number, number, ...number[]];
      const filters = tf.transpose<tf.Tensor4D>(tf.reshape(weight!, [outputs, inputs, ...pair(kernel, 1)]), [2, 3, 1, 0]);
      const groups = node.int("group", 1);
      const convolve = (images: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D => tf.conv2d(images, filter, strides, "valid", "NHWC", dilations);
      const result = channelsLast("Conv", x!, (images) => {
        const padded: tf.Tensor4D = tf.pad(images, [[0, 0], [before[0], after[0]], [before[1], after[1]], [0, 0]]);
        if (groups === 1) return convolve(padded, filters);
        const groupFilters = tf.split<tf.Tensor4D>(filters, groups, 3);
        return tf.concat(tf.split<tf.Tensor4D>(padded, groups, 3).map((part, group) => convolve(part, groupFilters[group]!)), 3);
      });
      return [bias ? tf.add(result, tf.reshape(bias, [outputs, ...kernel.map(() => 1)])) : result];
    },
  },
};
