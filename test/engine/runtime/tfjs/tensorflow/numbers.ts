import * as tf from "@tensorflow/tfjs-core";

/** Numbers between -2 and 2 that are float32 exactly, never 0, in no order. */
export function numbers(shape: number[], seed = 1): tf.Tensor {
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  return tf.tensor(Float32Array.from({ length: count }, (_, index) => (((index * 37 + seed * 101) % 127) - 63.5) / 32), shape);
}
