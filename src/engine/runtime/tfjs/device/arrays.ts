import * as tf from "@tensorflow/tfjs-core";
import type { Arrays } from "../arrays";
import { sameShape } from "../shapes";

/** Movements of tensors of the current backend. */
export const deviceArrays: Arrays<tf.Tensor> = {
  shape: (x) => x.shape,
  reshape: (x, shape) => tf.reshape(x, [...shape]),
  transpose: (x, permutation) => tf.transpose(x, [...permutation]),
  slice: (x, starts, sizes, steps) => {
    const plain = steps.map((step) => step === 1);
    const box = tf.slice(x, starts.map((start, axis) => (plain[axis] ? start : 0)), sizes.map((size, axis) => (plain[axis] ? size : x.shape[axis]!)));
    return steps.reduce((rest, step, axis) => {
      const entries = Array.from({ length: sizes[axis]! }, (_, index) => starts[axis]! + index * step);
      return plain[axis] ? rest : deviceArrays.take(rest, entries, axis);
    }, box);
  },
  expand: (x, shape) => (sameShape(x.shape, shape) ? x : tf.broadcastTo(x, [...shape])),
  concat: (xs, axis) => tf.concat([...xs], axis),
  take: (x, entries, axis) => tf.gather(x, tf.tensor1d(Int32Array.from(entries), "int32"), axis),
  pad: (x, before, after, value) => tf.pad(x, before.map((count, axis) => [count, after[axis]!] as [number, number]), value),
};
