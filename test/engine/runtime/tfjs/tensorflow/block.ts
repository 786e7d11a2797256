import * as tf from "@tensorflow/tfjs-core";
import { numbers } from "./numbers";

const hidden = 8;
const heads = 2;
const headSize = hidden / heads;

/** A small pre-norm transformer with one block, written out as graphs are: four tokens in, two tensors of numbers out. */
export function block(): tf.Tensor[] {
  const ids = tf.tensor2d([[3, 1, 4, 1]], [1, 4], "int32");
  const x = tf.gather(numbers([6, hidden], 1), ids);
  const attended = tf.add(x, attention(layerNorm(x)));
  const output = tf.add(attended, mlp(layerNorm(attended)));
  return [attended, tf.tile(tf.mean(output, 1, true), [1, 2, 1])];
}

function layerNorm(x: tf.Tensor): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5))), numbers([hidden], 2)), numbers([hidden], 3));
}

function attention(x: tf.Tensor): tf.Tensor {
  const [query, key, value] = tf.split(tf.matMul(tf.reshape(x, [-1, hidden]), numbers([hidden, 3 * hidden], 4)), 3, 1).map(headsOf);
  const scores = tf.mul(tf.matMul(query!, key!, false, true), 1 / Math.sqrt(headSize));
  const weights = tf.softmax(tf.where(causal(), scores, tf.scalar(-1e9)));
  const merged = tf.reshape(tf.transpose(tf.matMul(weights, value!), [0, 2, 1, 3]), [-1, hidden]);
  return tf.reshape(tf.matMul(merged, numbers([hidden, hidden], 5)), [1, 4, hidden]);
}

function headsOf(x: tf.Tensor): tf.Tensor {
  return tf.transpose(tf.reshape(x, [1, 4, heads, headSize]), [0, 2, 1, 3]);
}

/** True where a key is not after its query. */
function causal(): tf.Tensor {
  const positions = tf.cast(tf.range(0, 4, 1, "int32"), "float32");
  return tf.greaterEqual(tf.reshape(positions, [1, 1, 4, 1]), tf.reshape(positions, [1, 1, 1, 4]));
}

/** GELU by erf over one half of the channels, times the other. */
function mlp(x: tf.Tensor): tf.Tensor {
  const projected = tf.matMul(tf.reshape(x, [4, hidden]), numbers([hidden, 2 * hidden], 6));
  const gate = tf.slice(projected, [0, 0], [4, hidden]);
  const up = tf.slice(projected, [0, hidden], [4, hidden]);
  const gelu = tf.mul(tf.mul(gate, 0.5), tf.add(tf.erf(tf.mul(gate, Math.SQRT1_2)), 1));
  const twice = tf.concat([tf.mul(gelu, up), tf.sigmoid(up)], 1);
  return tf.reshape(tf.matMul(twice, numbers([2 * hidden, hidden], 7)), [1, 4, hidden]);
}
