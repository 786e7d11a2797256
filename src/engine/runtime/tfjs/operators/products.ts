import * as tf from "@tensorflow/tfjs-core";
import type { TfjsBackend } from "../backend";
import { product, transposed } from "../device/product";
import { einsum } from "./einsum";
import type { Operators } from "./operator";

/** Product over the last two axes; leading axes broadcast, and a vector is a row at the left and a column at the right. */
function matMul(backend: TfjsBackend, x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  if (x.rank === 1) return withoutAxis(matMul(backend, tf.reshape(x, [1, -1]), y), y.rank === 1 ? -1 : -2);
  if (y.rank === 1) return withoutAxis(matMul(backend, x, tf.reshape(y, [-1, 1])), -1);
  if (y.rank > 2 || x.rank === 2) return product(backend, x, y);
  // All rows at once, where the right side is one matrix.
  const [inner, columns] = y.shape as [number, number];
  return tf.reshape(tf.matMul(tf.reshape(x, [-1, inner]), y), [...x.shape.slice(0, -1), columns]);
}

function withoutAxis(x: tf.Tensor, axis: number): tf.Tensor {
  return tf.squeeze(x, [axis + x.rank]);
}

/** a b, either of which may be transposed. */
function gemm({ slowTransposeB }: TfjsBackend, a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor {
  return slowTransposeB ? tf.matMul(transposed(a, transposeA), transposed(b, transposeB)) : tf.matMul(a, b, transposeA, transposeB);
}

/** Products of matrices. */
export const products: Operators = {
  MatMul: { device: ({ inputs: [x, y], backend }) => [matMul(backend, x!, y!)] },
  Gemm: {
    device: ({ inputs: [a, b, c], node, backend }) => {
      const [alpha, beta] = [node.float("alpha", 1), node.float("beta", 1)];
      const plain = gemm(backend, a!, b!, node.int("transA", 0) === 1, node.int("transB", 0) === 1);
      const scaled = alpha === 1 ? plain : tf.mul(plain, alpha);
      return [c ? tf.add(scaled, beta === 1 ? c : tf.mul(c, beta)) : scaled];
    },
  },
  Einsum: { device: ({ inputs, node, backend }) => [einsum(backend, node.string("equation", ""), inputs.filter((input) => input !== undefined))] },
};
