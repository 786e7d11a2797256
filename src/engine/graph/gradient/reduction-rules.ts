import { elementCount } from "../../tensor";
import { floatAttribute, intAttribute } from "../attributes";
import type { Value } from "../graph";
import { NoGradientError, frontAxis, type Rule, type Step } from "./rule";

/** y (dy - sum(dy y)) along the axis. */
const softmax: Rule = ({ w, node, dy, y }) => {
  const axis = intAttribute(node, "axis", -1);
  return [w.op("Mul", [y, w.op("Sub", [dy, w.sumOver(w.op("Mul", [dy, y]), axis)])])];
};

/** dy - exp(y) sum(dy) along the axis. */
const logSoftmax: Rule = ({ w, node, dy, y }) => {
  const axis = intAttribute(node, "axis", -1);
  return [w.op("Sub", [dy, w.op("Mul", [w.op("Exp", [y]), w.sumOver(dy, axis)])])];
};

/** The axes of a reduction, counted from the front: of an attribute in older operator sets, an input in newer ones; all where none is stated. */
function reducedAxes({ node, inputs, integers }: Step, rank: number): readonly number[] {
  const attribute = node.attribute?.find(({ name }) => name === "axes")?.ints?.map(Number);
  const stated = attribute ?? (inputs[1] ? integers(inputs[1]) : undefined);
  return stated === undefined || stated.length === 0 ? Array.from({ length: rank }, (_, axis) => axis) : stated.map((axis) => frontAxis(axis, rank));
}

/** A sum, or a mean, hands the same to each of its terms. */
function sum(isMean: boolean): Rule {
  return (step) => {
    const { w, dy, inputs, shape } = step;
    const whole = shape(inputs[0]!);
    const axes = reducedAxes(step, whole.length);
    const kept = w.reshape(dy, whole.map((size, axis) => (axes.includes(axis) ? 1 : size)));
    return [w.op("Expand", [w.scale(kept, isMean ? 1 / elementCount(axes.map((axis) => whole[axis]!)) : 1), w.ints(whole)])];
  };
}

/** A norm over the last axis; the gradient of its affine is not asked for. */
function norm(isCentred: boolean): Rule {
  return (step) => {
    const { w, node, dy, inputs: [x, gain], shape } = step as Step & { readonly inputs: readonly [Value, Value | undefined] };
    const whole = shape(x);
    if (step.isWanted(1) || step.isWanted(2) || frontAxis(intAttribute(node, "axis", -1), whole.length) !== whole.length - 1) throw new NoGradientError(node.opType ?? "");
    const channels = whole.at(-1)!;
    const mean = (value: Value): Value => w.meanOfRows(value, channels);
    const deviation = isCentred ? w.op("Sub", [x, mean(x)]) : x;
    const spread = w.op("Sqrt", [w.op("Add", [mean(w.op("Mul", [deviation, deviation])), w.float(floatAttribute(node, "epsilon", 1e-5))])]);
    const normalised = w.op("Div", [deviation, spread]);
    const gained = gain === undefined ? dy : w.op("Mul", [dy, gain]);
    const along = w.op("Mul", [normalised, mean(w.op("Mul", [gained, normalised]))]);
    const left = w.op("Sub", [isCentred ? w.op("Sub", [gained, mean(gained)]) : gained, along]);
    return [w.op("Div", [left, spread])];
  };
}

/** Gradients of operators that look at several elements at once. */
export const reductionRules: Readonly<Record<string, Rule>> = {
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  ReduceSum: sum(false),
  ReduceMean: sum(true),
  LayerNormalization: norm(true),
  RMSNormalization: norm(false),
  SimplifiedLayerNormalization: norm(false),
};
