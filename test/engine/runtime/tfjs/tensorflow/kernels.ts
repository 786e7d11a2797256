import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { numbers } from "./numbers";

// Else it recommends tfjs-node.
tf.env().set("PROD", true);

type Result = tf.Tensor | tf.Tensor[];

function integers(values: number[], shape = [values.length]): tf.Tensor {
  return tf.tensor(values, shape, "int32");
}

const positive = (shape: number[]): tf.Tensor => tf.add(tf.abs(numbers(shape)), 0.25);
const condition = (): tf.Tensor => tf.greater(numbers([4, 6]), 0);

const unary: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  abs: tf.abs, ceil: tf.ceil, cos: tf.cos, elu: tf.elu, erf: tf.erf, exp: tf.exp, expm1: tf.expm1, floor: tf.floor, isFinite: tf.isFinite, isNaN: tf.isNaN,
  leakyRelu: (x) => tf.leakyRelu(x, 0.1), neg: tf.neg, relu: tf.relu, relu6: tf.relu6, round: tf.round, selu: tf.selu, sigmoid: tf.sigmoid, sign: tf.sign, sin: tf.sin,
  softplus: tf.softplus, square: tf.square, step: (x) => tf.step(x), tan: tf.tan, tanh: tf.tanh, zerosLike: (x) => tf.zerosLike(x), onesLike: (x) => tf.onesLike(x),
  clip: (x) => tf.clipByValue(x, -0.5, 0.75),
};

const binary: Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor> = {
  add: tf.add, sub: tf.sub, mul: tf.mul, div: tf.div, maximum: tf.maximum, minimum: tf.minimum, squaredDifference: tf.squaredDifference,
  equal: tf.equal, notEqual: tf.notEqual, less: tf.less, lessEqual: tf.lessEqual, greater: tf.greater, greaterEqual: tf.greaterEqual,
};

const reductions: Record<string, (x: tf.Tensor, axis: number | number[], keep: boolean) => tf.Tensor> = { sum: tf.sum, mean: tf.mean, max: tf.max, min: tf.min, prod: tf.prod };

/** An op of every kind that a transformer's graph may ask for, over small tensors. */
export const kernels: Readonly<Record<string, () => Result>> = {
  ...Object.fromEntries(Object.entries(unary).map(([name, op]) => [name, () => op(numbers([4, 6]))])),
  ...Object.fromEntries(Object.entries(binary).map(([name, op]) => [`${name}, broadcast`, () => op(numbers([3, 4, 6]), numbers([4, 1], 2))])),
  ...Object.fromEntries(Object.entries(reductions).flatMap(([name, op]) => [
    [`${name}, last axis kept`, () => op(numbers([3, 4, 6]), -1, true)],
    [`${name}, two axes`, () => op(numbers([3, 4, 6]), [0, 2], false)],
  ])),
  sqrt: () => tf.sqrt(positive([4, 6])),
  rsqrt: () => tf.rsqrt(positive([4, 6])),
  log: () => tf.log(positive([4, 6])),
  log1p: () => tf.log1p(positive([4, 6])),
  reciprocal: () => tf.reciprocal(numbers([4, 6])),
  pow: () => tf.pow(positive([4, 6]), numbers([6])),
  "div of integers": () => tf.floorDiv(integers([7, -7, 9]), integers([2, 2, -4])),
  mod: () => tf.mod(integers([7, 8, 9]), integers([2, 3, 5])),
  "add of integers": () => tf.add(integers([1, 2, 3]), integers([2])),
  prelu: () => tf.prelu(numbers([4, 6]), tf.scalar(0.2)),
  matMul: () => tf.matMul(numbers([4, 6]), numbers([6, 5])),
  "matMul, left side transposed": () => tf.matMul(numbers([6, 4]), numbers([6, 5]), true),
  "matMul, right side transposed": () => tf.matMul(numbers([4, 6]), numbers([5, 6]), false, true),
  "matMul, batches": () => tf.matMul(numbers([2, 3, 4, 6]), numbers([2, 3, 6, 5])),
  "matMul, batches, right side transposed": () => tf.matMul(numbers([2, 3, 4, 6]), numbers([2, 3, 5, 6]), false, true),
  "matMul, broadcast batches": () => tf.matMul(numbers([2, 3, 4, 6]), numbers([1, 1, 6, 5])),
  softmax: () => tf.softmax(numbers([3, 4, 6])),
  logSoftmax: () => tf.logSoftmax(numbers([4, 6])),
  "logical ops": () => [tf.logicalAnd(condition(), condition()), tf.logicalOr(condition(), condition()), tf.logicalNot(condition())],
  "any and all": () => [tf.any(condition(), 1), tf.all(condition(), 1)],
  where: () => tf.where(condition(), numbers([4, 6]), numbers([4, 6], 3)),
  "where, broadcast": () => tf.where(condition(), numbers([4, 6]), tf.scalar(-100)),
  gather: () => tf.gather(numbers([5, 3]), integers([4, 0, 4], [3])),
  "gather, matrix of indices": () => tf.gather(numbers([5, 3]), integers([4, 0, 1, 2], [2, 2])),
  "gather, last axis": () => tf.gather(numbers([4, 6]), integers([5, 0]), 1),
  gatherND: () => tf.gatherND(numbers([4, 6]), integers([0, 1, 3, 5], [2, 2])),
  scatterND: () => tf.scatterND(integers([1, 3], [2, 1]), tf.tensor1d([5, 6]), [5]),
  concat: () => tf.concat([numbers([2, 3]), numbers([2, 4])], 1),
  split: () => tf.split(numbers([4, 6]), 3, 1),
  "split, unequal": () => tf.split(numbers([4, 6]), [1, 5], 1),
  slice: () => tf.slice(numbers([4, 6]), [1, 2], [2, 3]),
  stridedSlice: () => tf.stridedSlice(numbers([4, 6]), [0, 1], [4, 6], [2, 2]),
  reverse: () => tf.reverse(numbers([4, 6]), 1),
  transpose: () => tf.transpose(numbers([2, 3, 4, 5]), [0, 2, 1, 3]),
  reshape: () => tf.reshape(numbers([4, 6]), [3, 8]),
  "expand and squeeze": () => tf.squeeze(tf.expandDims(numbers([4, 6]), 1), [1]),
  tile: () => tf.tile(numbers([2, 3]), [2, 2]),
  broadcastTo: () => tf.broadcastTo(numbers([1, 3]), [4, 3]),
  pad: () => tf.pad(numbers([2, 3]), [[1, 0], [0, 2]], 0.5),
  stack: () => tf.stack([numbers([2, 3]), numbers([2, 3], 2)], 1),
  unstack: () => tf.unstack(numbers([2, 3]), 1),
  "cast to int32": () => tf.cast(numbers([4, 6]), "int32"),
  "cast to bool": () => tf.cast(numbers([4, 6]), "bool"),
  "cast of bool": () => tf.cast(condition(), "float32"),
  "cast of int32": () => tf.cast(integers([1, 2]), "float32"),
  fill: () => tf.fill([2, 3], 7),
  range: () => tf.range(0, 5, 1, "int32"),
  linspace: () => tf.linspace(0, 1, 5),
  oneHot: () => tf.oneHot(tf.tensor1d([0, 2], "int32"), 3),
  cumsum: () => tf.cumsum(numbers([4, 6]), 1),
  cumprod: () => tf.cumprod(numbers([4, 3]), 1),
  topk: () => { const { values, indices } = tf.topk(numbers([4, 6]), 2); return [values, indices]; },
  argMax: () => tf.argMax(numbers([4, 6]), 1),
  argMin: () => tf.argMin(numbers([4, 6]), 1),
  einsum: () => tf.einsum("bij,bjk->bik", numbers([2, 3, 4]), numbers([2, 4, 5])),
  conv2d: () => tf.conv2d(numbers([1, 8, 8, 3]) as tf.Tensor4D, numbers([4, 4, 3, 5]) as tf.Tensor4D, 4, "valid"),
  "conv2d, padded": () => tf.conv2d(numbers([1, 7, 7, 3]) as tf.Tensor4D, numbers([3, 3, 3, 4]) as tf.Tensor4D, 1, "same"),
  depthwiseConv2d: () => tf.depthwiseConv2d(numbers([1, 7, 7, 3]) as tf.Tensor4D, numbers([3, 3, 3, 1]) as tf.Tensor4D, 1, "same"),
  avgPool: () => tf.avgPool(numbers([1, 8, 8, 3]) as tf.Tensor4D, 2, 2, "valid"),
  maxPool: () => tf.maxPool(numbers([1, 8, 8, 3]) as tf.Tensor4D, 2, 2, "valid"),
  resizeBilinear: () => tf.image.resizeBilinear(numbers([1, 4, 4, 2]) as tf.Tensor4D, [8, 8]),
  complex: () => [tf.real(tf.complex(numbers([4]), numbers([4], 2))), tf.imag(tf.complex(numbers([4]), numbers([4], 2)))],
  "no elements": () => tf.concat([numbers([0, 3]), numbers([2, 3])], 0),
  "a scalar": () => tf.mul(tf.scalar(3), tf.scalar(0.5)),
};

/** Values that a backend gives for an op, with their shapes and types. */
export async function valuesOn(backend: string, op: () => Result): Promise<{ shape: number[]; dtype: string; values: number[] }[]> {
  await tf.setBackend(backend);
  return tf.tidy(() => [op()].flat().map((tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, values: Array.from(tensor.dataSync()) })));
}
