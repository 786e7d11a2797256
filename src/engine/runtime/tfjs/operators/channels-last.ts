import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../../../../shared/errors";

/**
 * Runs what wants images [batch, height, width, channels] on [batch, channels, length] or [batch, channels, height, width].
 * @throws UserError where there are three spatial axes or more.
 */
export function channelsLast(opType: string, x: tf.Tensor, work: (images: tf.Tensor4D) => tf.Tensor): tf.Tensor {
  if (x.rank !== 3 && x.rank !== 4) throw new UserError(`tfjs can't run ${opType} over ${x.rank - 2} spatial axes; choose the runtime onnxruntime.`);
  const images = x.rank === 4 ? x : tf.reshape(x, [x.shape[0], x.shape[1]!, 1, x.shape[2]!]);
  const result = tf.transpose(work(tf.transpose<tf.Tensor4D>(images as tf.Tensor4D, [0, 2, 3, 1])), [0, 3, 1, 2]);
  return x.rank === 4 ? result : tf.squeeze(result, [2]);
}

/** Numbers for height and width, of which a signal of one axis has a width only. */
export function pair(values: readonly number[], height: number): [number, number] {
  return values.length === 2 ? (values as [number, number]) : [height, values[0]!];
}
