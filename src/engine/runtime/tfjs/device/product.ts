import * as tf from "@tensorflow/tfjs-core";
import type { TfjsBackend } from "../backend";
import { broadcastShape } from "../shapes";
import { deviceArrays } from "./arrays";

/** Products over the last two axes; leading axes broadcast. tfjs takes wrong matrices where these differ, so that they are made the same. */
export function product(backend: TfjsBackend, x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const leading = broadcastShape(x.shape.slice(0, -2), y.shape.slice(0, -2));
  const [a, b] = [x, y].map((matrices) => deviceArrays.expand(matrices, [...leading, ...matrices.shape.slice(-2)])) as [tf.Tensor, tf.Tensor];
  if (!backend.slowBatches || leading.length === 0) return tf.matMul(a, b);
  const [left, right] = [matricesOf(a), matricesOf(b)];
  return tf.reshape(tf.stack(left.map((matrix, index) => tf.matMul(matrix, right[index]!))), [...leading, x.shape.at(-2)!, y.shape.at(-1)!]);
}

function matricesOf(x: tf.Tensor): tf.Tensor[] {
  return tf.unstack(tf.reshape(x, [-1, ...x.shape.slice(-2)]));
}

/** A matrix as it is, or with its axes changed. */
export function transposed(matrix: tf.Tensor, isTransposed: boolean): tf.Tensor {
  return isTransposed ? tf.transpose(matrix) : matrix;
}
