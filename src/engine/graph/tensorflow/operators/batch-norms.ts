import type { Value } from "../../graph";
import type { Translation, Translations } from "../node";
import type { OnnxWriter } from "../writer";
import { channelsFirst } from "./channels-first";

const usualEps = 1e-4;

/**
 * A batch norm with the statistics that it is given, or in training with those of its input. Keras makes layer norms of the latter: it brings the rows to be normalised into the place of
 * the channels of one sample.
 */
const fusedBatchNorm: Translation = (node, writer) =>
  channelsFirst(node, writer, (value) => {
    const [scale, offset, mean, variance] = node.inputs.slice(1) as [Value, Value, Value, Value];
    const eps = node.float("epsilon", usualEps);
    return node.flag("is_training", true) ? ofInput(writer, value, scale, offset, eps) : writer.op("BatchNormalization", [value, scale, offset, mean, variance], { epsilon: { float: eps } });
  });

function ofInput(writer: OnnxWriter, value: Value, scale: Value, offset: Value, eps: number): Value {
  const meanOf = (of: Value): Value => writer.op("ReduceMean", [of, writer.ints([0, 2, 3])], { keepdims: { int: 1 } });
  const ofChannels = (one: Value): Value => writer.op("Unsqueeze", [one, writer.ints([1, 2])]);
  const centred = writer.op("Sub", [value, meanOf(value)]);
  const variance = meanOf(writer.op("Mul", [centred, centred]));
  const normalised = writer.op("Div", [centred, writer.op("Sqrt", [writer.op("Add", [variance, writer.number(eps, 1)])])]);
  return writer.op("Add", [writer.op("Mul", [normalised, ofChannels(scale)]), ofChannels(offset)]);
}

/** Norms over batches, and the layer norms that Keras makes of them. */
export const batchNorms: Translations = {
  FusedBatchNorm: fusedBatchNorm,
  FusedBatchNormV2: fusedBatchNorm,
  FusedBatchNormV3: fusedBatchNorm,
};
