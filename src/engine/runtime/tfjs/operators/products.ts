import * as tf from "@tensorflow/tfjs-core";
import { deviceArrays } from "../device/arrays";
import { broadcastShape } from "../shapes";
import { einsum } from "./einsum";
import type { Operators } from "./operator";

/** Product over the last two axes; leading axes broadcast, and a vector is a row at the left and a column at the right. */
export function matrixProduct(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  if (x.rank === 1) return withoutAxis(matrixProduct(tf.reshape(x, [1, -1]), y), y.rank === 1 ? -1 : -2);
  if (y.rank === 1) return withoutAxis(matrixProduct(x, tf.reshape(y, [-1, 1])), -1);
  if (y.rank > 2 || x.rank === 2) return batchProduct(x, y);
  // All rows at once, where the right side is one matrix.
  const [inner, columns] = y.shape as [number, number];
  return tf.reshape(tf.matMul(tf.reshape(x, [-1, inner]), y), [...x.shape.slice(0, -1), columns]);
}

/** tfjs takes the wrong matrix where leading axes differ in more than those that are missing, so that they are made the same. */
function batchProduct(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const leading = broadcastShape(x.shape.slice(0, -2), y.shape.slice(0, -2));
  const whole = (matrices: tf.Tensor): tf.Tensor => deviceArrays.expand(matrices, [...leading, ...matrices.shape.slice(-2)]);
  return tf.matMul(whole(x), whole(y));
}

function withoutAxis(x: tf.Tensor, axis: number): tf.Tensor {
  return tf.squeeze(x, [axis + x.rank]);
}

/** Products of matrices. */
export const products: Operators = {
  MatMul: { device: ({ inputs: [x, y] }) => [matrixProduct(x!, y!)] },
  Gemm: {
    device: ({ inputs: [a, b, c], node }) => {
      const [transposeA, transposeB] = [node.int("transA", 0) === 1, node.int("transB", 0) === 1];
      const [alpha, beta] = [node.float("alpha", 1), node.float("beta", 1)];
      const product = tf.matMul(a!, b!, transposeA, transposeB);
      const scaled = alpha === 1 ? product : tf.mul(product, alpha);
      return [c ? tf.add(scaled, beta === 1 ? c : tf.mul(c, beta)) : scaled];
    },
  },
  Einsum: { device: ({ inputs, node, backend }) => [einsum(backend, node.string("equation", ""), inputs.filter((input) => input !== undefined))] },
};
