import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../../../../shared/errors";
import type { TfjsBackend } from "../backend";
import { mean, sum } from "../device/sums";
import { axesUpTo, axisOf } from "../shapes";
import type { Operators } from "./operator";

/** x with mean 0 and variance 1 over some axes; the squares are of what is centred already, so that nothing cancels. */
function standardise(backend: TfjsBackend, x: tf.Tensor, axes: number[], epsilon: number): { normal: tf.Tensor; centre: tf.Tensor; inverse: tf.Tensor } {
  const centre = mean(backend, x, axes, true);
  const centred = tf.sub(x, centre);
  const inverse = inverseRoot(backend, centred, axes, epsilon);
  return { normal: tf.mul(centred, inverse), centre, inverse };
}

/** 1 / sqrt(mean of squares + epsilon) */
function inverseRoot(backend: TfjsBackend, x: tf.Tensor, axes: number[], epsilon: number): tf.Tensor {
  return tf.rsqrt(tf.add(mean(backend, tf.square(x), axes, true), epsilon));
}

function affine(x: tf.Tensor, gain: tf.Tensor, offset: tf.Tensor | undefined): tf.Tensor {
  const scaled = tf.mul(x, gain);
  return offset ? tf.add(scaled, offset) : scaled;
}

/** The axes from one on. */
function trailing(x: tf.Tensor, axis: number): number[] {
  return axesUpTo(x.rank).slice(axisOf(axis, x.rank));
}

/** One value for each channel, which is axis 1, as it broadcasts to x [batch, channels, ...]. */
function perChannel(x: tf.Tensor, values: tf.Tensor): tf.Tensor {
  return tf.reshape(values, x.shape.slice(1).map((_, axis) => (axis === 0 ? -1 : 1)));
}

/** x + skip + bias, which a fused norm takes and hands on. */
function withSkip(x: tf.Tensor, skip: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor {
  const total = tf.add(x, skip);
  return bias ? tf.add(total, bias) : total;
}

/** Norm layers; those that start with Skip or Simplified are onnxruntime's own. */
export const norms: Operators = {
  LayerNormalization: {
    device: ({ inputs: [x, gain, offset], node, backend }) => {
      const { normal, centre, inverse } = standardise(backend, x!, trailing(x!, node.int("axis", -1)), node.float("epsilon", 1e-5));
      return [affine(normal, gain!, offset), centre, inverse];
    },
  },
  RMSNormalization: {
    device: ({ inputs: [x, gain], node, backend }) => [
      tf.mul(tf.mul(x!, inverseRoot(backend, x!, trailing(x!, node.int("axis", -1)), node.float("epsilon", 1e-5))), gain!),
    ],
  },
  SimplifiedLayerNormalization: {
    device: ({ inputs: [x, gain], node, backend }) => {
      const inverse = inverseRoot(backend, x!, trailing(x!, node.int("axis", -1)), node.float("epsilon", 1e-5));
      return [tf.mul(tf.mul(x!, inverse), gain!), inverse];
    },
  },
  SkipLayerNormalization: {
    device: ({ inputs: [x, skip, gain, offset, bias], node, backend }) => {
      const total = withSkip(x!, skip!, bias);
      const { normal, centre, inverse } = standardise(backend, total, trailing(total, -1), node.float("epsilon", 1e-12));
      return [affine(normal, gain!, offset), centre, inverse, total];
    },
  },
  SkipSimplifiedLayerNormalization: {
    device: ({ inputs: [x, skip, gain, bias], node, backend }) => {
      const total = withSkip(x!, skip!, bias);
      const inverse = inverseRoot(backend, total, trailing(total, -1), node.float("epsilon", 1e-12));
      return [tf.mul(tf.mul(total, inverse), gain!), tf.zerosLike(inverse), inverse, total];
    },
  },
  BatchNormalization: {
    device: ({ inputs: [x, gain, offset, centre, variance], node }) => {
      if (node.int("training_mode", 0) === 1) throw new UserError("tfjs can't run BatchNormalization as in training; export the model for inference.");
      const inverse = tf.rsqrt(tf.add(variance!, node.float("epsilon", 1e-5)));
      const centred = tf.sub(x!, perChannel(x!, centre!));
      return [affine(centred, perChannel(x!, tf.mul(gain!, inverse)), perChannel(x!, offset!))];
    },
  },
  InstanceNormalization: {
    device: ({ inputs: [x, gain, offset], node, backend }) => {
      const { normal } = standardise(backend, x!, trailing(x!, 2), node.float("epsilon", 1e-5));
      return [affine(normal, perChannel(x!, gain!), perChannel(x!, offset!))];
    },
  },
  GroupNormalization: {
    device: ({ inputs: [x, gain, offset], node, backend }) => {
      const [batch, channels] = x!.shape as [number, number];
      const groups = node.int("num_groups", 1);
      const grouped = tf.reshape(x!, [batch, groups, -1]);
      const normal = tf.reshape(standardise(backend, grouped, [2], node.float("epsilon", 1e-5)).normal, x!.shape);
      // Version 18 has a gain for each group, 21 one for each channel.
      const each = (values: tf.Tensor): tf.Tensor => {
        const spread = values.size === channels ? values : tf.reshape(tf.tile(tf.reshape(values, [groups, 1]), [1, channels / groups]), [channels]);
        return perChannel(x!, spread);
      };
      return [affine(normal, each(gain!), each(offset!))];
    },
  },
  LpNormalization: {
    device: ({ inputs: [x], node, backend }) => {
      const axes = [axisOf(node.int("axis", -1), x!.rank)];
      const size = node.int("p", 2) === 1 ? sum(backend, tf.abs(x!), axes, true) : tf.sqrt(sum(backend, tf.square(x!), axes, true));
      return [tf.div(x!, size)];
    },
  },
};
