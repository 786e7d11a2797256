import type { Value } from "../../graph";
import type { Translation, Translations } from "../node";
import type { OnnxWriter } from "../writer";
import { channelsFirst } from "./channels-first";

const usualEps = 1e-4;

/** A batch norm with the statistics that it is given, or in training with those of its input. */
const fusedBatchNorm: Translation = (node, writer) =>
  channelsFirst(node, writer, (value) => {
    const [scale, offset, mean, variance] = node.inputs.slice(1) as [Value, Value, Value, Value];
    const eps = node.float("epsilon", usualEps);
    if (!node.flag("is_training", true)) return writer.op("BatchNormalization", [value, scale, offset, mean, variance], { epsilon: { float: eps } });
    return affine(writer, holdsRows(writer, value) ? normalisedRows(writer, value, eps) : normalised(writer, value, [0, 2, 3], eps), scale, offset);
  });

/** Keras makes layer norms of batch norms: it brings the rows that are to be normalised into the place of the channels of one sample, [1, rows, channels, 1]. */
function holdsRows(writer: OnnxWriter, value: Value): boolean {
  const sizes = writer.reshapedTo(value);
  return sizes?.length === 4 && sizes[0] === 1 && sizes[3] === 1;
}

function normalisedRows(writer: OnnxWriter, value: Value, eps: number): Value {
  const rows = writer.op("Squeeze", [value, writer.ints([0, 3])]);
  return writer.op("Unsqueeze", [normalised(writer, rows, [-1], eps), writer.ints([0, 3])]);
}

function normalised(writer: OnnxWriter, value: Value, axes: readonly number[], eps: number): Value {
  const meanOf = (of: Value): Value => writer.op("ReduceMean", [of, writer.ints(axes)], { keepdims: { int: 1 } });
  const centred = writer.op("Sub", [value, meanOf(value)]);
  const variance = meanOf(writer.op("Mul", [centred, centred]));
  return writer.op("Div", [centred, writer.op("Sqrt", [writer.op("Add", [variance, writer.number(eps, 1)])])]);
}

/** Keras gives a scale of ones and an offset of zeros, which do nothing. */
function affine(writer: OnnxWriter, value: Value, scale: Value, offset: Value): Value {
  const ofChannels = (one: Value): Value => writer.op("Unsqueeze", [one, writer.ints([1, 2])]);
  const scaled = writer.scalar(scale) === 1 ? value : writer.op("Mul", [value, ofChannels(scale)]);
  return writer.scalar(offset) === 0 ? scaled : writer.op("Add", [scaled, ofChannels(offset)]);
}

/** Norms over batches, and the layer norms that Keras makes of them. */
export const batchNorms: Translations = {
  FusedBatchNorm: fusedBatchNorm,
  FusedBatchNormV2: fusedBatchNorm,
  FusedBatchNormV3: fusedBatchNorm,
};
