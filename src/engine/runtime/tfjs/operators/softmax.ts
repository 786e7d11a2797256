import * as tf from "@tensorflow/tfjs-core";
import { elementCount } from "../../../tensor";
import { sum } from "../device/sums";
import type { TfjsBackend } from "../backend";
import { axisOf } from "../shapes";
import type { Operator, Operators } from "./operator";

/** A function of rows; from version 13 on of those along one axis, before of all axes from one on together. */
function ofRows(f: (backend: TfjsBackend, x: tf.Tensor, axis: number) => tf.Tensor): Operator {
  return {
    device: ({ inputs: [x], node, backend }) => {
      if (node.opset >= 13) return [f(backend, x!, axisOf(node.int("axis", -1), x!.rank))];
      const axis = axisOf(node.int("axis", 1), x!.rank);
      const rows = tf.reshape(x!, [elementCount(x!.shape.slice(0, axis)), elementCount(x!.shape.slice(axis))]);
      return [tf.reshape(f(backend, rows, 1), x!.shape)];
    },
  };
}

/** x less its largest element, so that no exponential overflows. */
function lowered(x: tf.Tensor, axis: number): tf.Tensor {
  return tf.sub(x, tf.max(x, axis, true));
}

/** Softmax and its logarithm. */
export const softmaxes: Operators = {
  Softmax: ofRows((backend, x, axis) => {
    if (axis === x.rank - 1 && !backend.naiveSums) return tf.softmax(x);
    const exponentials = tf.exp(lowered(x, axis));
    return tf.div(exponentials, sum(backend, exponentials, [axis], true));
  }),
  LogSoftmax: ofRows((backend, x, axis) => {
    const low = lowered(x, axis);
    return tf.sub(low, tf.log(sum(backend, tf.exp(low), [axis], true)));
  }),
};
