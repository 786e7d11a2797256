import * as tf from "@tensorflow/tfjs-core";
import { elementCount } from "../../../tensor";
import type { TfjsBackend } from "../backend";
import { axesUpTo } from "../shapes";

/** Elements that are added one after the other: the error of a float32 sum grows with their number. */
const blockSize = 32;

/** Sum over some axes, which go unless kept. */
export function sum(backend: TfjsBackend, x: tf.Tensor, axes: readonly number[], keepDims = false): tf.Tensor {
  const count = elementCount(axes.map((axis) => x.shape[axis]!));
  if (!backend.naiveSums || count <= blockSize) return tf.sum(x, [...axes], keepDims);
  const kept = axesUpTo(x.rank).filter((axis) => !axes.includes(axis));
  const rows = tf.reshape(tf.transpose(x, [...kept, ...axes]), [-1, count]);
  return tf.reshape(sumOfRows(rows), x.shape.flatMap((size, axis) => (!axes.includes(axis) ? [size] : keepDims ? [1] : [])));
}

/** Mean over some axes, which go unless kept. */
export function mean(backend: TfjsBackend, x: tf.Tensor, axes: readonly number[], keepDims = false): tf.Tensor {
  if (!backend.naiveSums) return tf.mean(x, [...axes], keepDims);
  return tf.div(sum(backend, x, axes, keepDims), elementCount(axes.map((axis) => x.shape[axis]!)));
}

/** Sums of rows [rows, count], by blocks, then by blocks of blocks, and so on. */
function sumOfRows(rows: tf.Tensor): tf.Tensor {
  const [height, count] = rows.shape as [number, number];
  if (count <= blockSize) return tf.sum(rows, 1);
  const blocks = Math.ceil(count / blockSize);
  const missing = blocks * blockSize - count;
  const whole = missing === 0 ? rows : tf.pad(rows, [[0, 0], [0, missing]]);
  return sumOfRows(tf.sum(tf.reshape(whole, [height, blocks, blockSize]), 2));
}
