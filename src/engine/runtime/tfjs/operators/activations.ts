import * as tf from "@tensorflow/tfjs-core";
import type { GraphNode } from "../node";
import type { Operator, Operators } from "./operator";

/** A nonlinearity of the first input. */
function activation(f: (x: tf.Tensor, node: GraphNode) => tf.Tensor): Operator {
  return { device: ({ inputs, node }) => [f(inputs[0]!, node)] };
}

/** x / 2 (1 + erf(x / sqrt 2)) */
function gelu(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}

/** x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³))) */
function geluTanh(x: tf.Tensor): tf.Tensor {
  const inner = tf.mul(tf.mul(x, tf.add(tf.mul(tf.square(x), 0.044715), 1)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}

/** x sigmoid(factor x) */
function sigmoidGate(x: tf.Tensor, factor: number): tf.Tensor {
  return tf.mul(x, tf.sigmoid(factor === 1 ? x : tf.mul(x, factor)));
}

/** slope x + offset, cut to 0 and 1 */
function hardSigmoid(x: tf.Tensor, slope: number, offset: number): tf.Tensor {
  return tf.minimum(tf.maximum(tf.add(tf.mul(x, slope), offset), 0), 1);
}

/** factor (e^x - 1) below 0, x above */
function elu(x: tf.Tensor, factor: number): tf.Tensor {
  return tf.where(tf.greater(x, 0), x, tf.mul(tf.expm1(tf.minimum(x, 0)), factor));
}

/** ln(1 + e^x), without overflow */
function softplus(x: tf.Tensor): tf.Tensor {
  return tf.add(tf.maximum(x, 0), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
}

/** Nonlinearities, with ONNX's defaults. */
export const activations: Operators = {
  Relu: activation((x) => tf.maximum(x, 0)),
  Sigmoid: activation((x) => tf.sigmoid(x)),
  Gelu: activation((x, node) => (node.string("approximate", "none") === "tanh" ? geluTanh(x) : gelu(x))),
  FastGelu: { device: ({ inputs: [x, bias] }) => [geluTanh(bias ? tf.add(x!, bias) : x!)] },
  BiasGelu: { device: ({ inputs: [x, bias] }) => [gelu(tf.add(x!, bias!))] },
  QuickGelu: activation((x, node) => sigmoidGate(x, node.float("alpha", 1.702))),
  Swish: activation((x, node) => sigmoidGate(x, node.float("alpha", 1))),
  HardSigmoid: activation((x, node) => hardSigmoid(x, node.float("alpha", 0.2), node.float("beta", 0.5))),
  HardSwish: activation((x) => tf.mul(x, hardSigmoid(x, 1 / 6, 0.5))),
  Elu: activation((x, node) => elu(x, node.float("alpha", 1))),
  Selu: activation((x, node) => tf.mul(elu(x, node.float("alpha", 1.6732632423543772)), node.float("gamma", 1.0507009873554805))),
  LeakyRelu: activation((x, node) => tf.where(tf.less(x, 0), tf.mul(x, node.float("alpha", 0.01)), x)),
  PRelu: { device: ({ inputs: [x, slope] }) => [tf.where(tf.less(x!, 0), tf.mul(x!, slope!), x!)] },
  Softplus: activation(softplus),
  Softsign: activation((x) => tf.div(x, tf.add(tf.abs(x), 1))),
  Mish: activation((x) => tf.mul(x, tf.tanh(softplus(x)))),
};
