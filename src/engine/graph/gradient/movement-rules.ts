import { intAttribute } from "../attributes";
import { NoGradientError, frontAxis, type Rule, type Step } from "./rule";
import { aroundAxis } from "./writer";

/** Elements that stay in their order. */
const reshaped: Rule = ({ w, dy, inputs, shape }) => [w.reshape(dy, shape(inputs[0]!))];

const same: Rule = ({ dy }) => [dy];

const transpose: Rule = ({ w, node, dy, inputs, shape }) => {
  const rank = shape(inputs[0]!).length;
  const stated = node.attribute?.find(({ name }) => name === "perm")?.ints?.map(Number);
  const perm = stated ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  return [w.op("Transpose", [dy], { perm: { ints: perm.map((_, axis) => perm.indexOf(axis)) } })];
};

/** Parts along an axis go back to where they were. */
const concat: Rule = (step) => {
  const { w, node, dy, inputs, y, shape } = step;
  const axis = frontAxis(intAttribute(node, "axis", 0), shape(y).length);
  if (inputs.length === 1) return [dy];
  // Parts that have no gradient have no shape either: what is left over is theirs, when they are one.
  const sizes = inputs.map((input, index) => (step.isWanted(index) ? shape(input)[axis]! : undefined));
  const rest = shape(y)[axis]! - sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  if (sizes.filter((size) => size === undefined).length > 1) throw new NoGradientError("Concat");
  const parts = w.ops("Split", [dy, w.ints(sizes.map((size) => size ?? rest))], { axis: { int: axis } }, inputs.length);
  return parts.map((part, index) => (step.isWanted(index) ? part : undefined));
};

const split: Rule = ({ w, node, given, inputs, shape }) => {
  const whole = shape(inputs[0]!);
  const axis = frontAxis(intAttribute(node, "axis", 0), whole.length);
  const parts = (node.output ?? []).map((output, index) => given[index] ?? w.zeros(shape(output)));
  return [w.op("Concat", parts, { axis: { int: axis } })];
};

/** Zeros where nothing was taken. */
const slice: Rule = (step) => {
  const { w, dy, inputs, shape, integers } = step;
  const whole = shape(inputs[0]!);
  const starts = integers(inputs[1]!);
  const axes = inputs[3] ? integers(inputs[3]) : starts.map((_, axis) => axis);
  const steps = inputs[4] ? integers(inputs[4]) : [];
  if (steps.some((size) => size !== 1)) throw new NoGradientError("Slice");
  const taken = shape(step.y);
  const before = whole.map(() => 0);
  axes.forEach((stated, index) => {
    const axis = frontAxis(stated, whole.length);
    const start = starts[index]!;
    before[axis] = Math.min(whole[axis]!, Math.max(0, start < 0 ? start + whole[axis]! : start));
  });
  const after = whole.map((size, axis) => size - before[axis]! - taken[axis]!);
  return [w.op("Pad", [dy, w.ints([...before, ...after])])];
};

/** What was padded on is cut off. */
const pad: Rule = ({ w, node, dy, inputs, shape, integers }) => {
  const mode = node.attribute?.find(({ name }) => name === "mode")?.s;
  const isConstant = mode === undefined || mode === null || mode.length === 0 || new TextDecoder().decode(mode) === "constant";
  if (!isConstant || inputs[3]) throw new NoGradientError("Pad");
  const whole = shape(inputs[0]!);
  const before = integers(inputs[1]!).slice(0, whole.length);
  if (before.some((size) => size < 0)) throw new NoGradientError("Pad");
  return [w.op("Slice", [dy, w.ints(before), w.ints(before.map((size, axis) => size + whole[axis]!)), w.ints(whole.map((_, axis) => axis))])];
};

const expand: Rule = ({ w, dy, y, inputs, shape }) => [w.sumTo(dy, shape(y), shape(inputs[0]!))];

/** Rows taken by number: each number's row of the gradient is added up, as a product with a matrix that has a one where number and row agree. */
const gather: Rule = ({ w, node, dy, inputs, y, shape }) => {
  const whole = shape(inputs[0]!);
  const axis = frontAxis(intAttribute(node, "axis", 0), whole.length);
  const [before, size, behind] = aroundAxis(whole, axis);
  const count = shape(y).reduce((product, each) => product * each, 1) / (before * behind);
  const numbers = w.op("Range", [w.op("Squeeze", [w.ints([0])]), w.op("Squeeze", [w.ints([size])]), w.op("Squeeze", [w.ints([1])])]);
  const taken = w.op("Cast", [w.reshape(inputs[1]!, [1, count])], { to: { int: int64 } });
  const fromFront = w.op("Mod", [w.op("Add", [taken, w.ints([size])]), w.ints([size])]);
  const matrix = w.op("Cast", [w.op("Equal", [w.reshape(numbers, [size, 1]), fromFront])], { to: { int: float32 } });
  return [w.reshape(w.op("MatMul", [matrix, w.reshape(dy, [before, count, behind])]), whole)];
};

const gatherElements: Rule = ({ w, node, dy, inputs, shape }) => {
  const whole = shape(inputs[0]!);
  return [w.op("ScatterElements", [w.zeros(whole), inputs[1]!, dy], { axis: { int: intAttribute(node, "axis", 0) }, reduction: { string: "add" } })];
};

/** A cast to another float type and back; graphs of several float types are told apart before. */
const cast: Rule = (step: Step) => {
  if (intAttribute(step.node, "to", 0) !== float32) throw new NoGradientError("Cast");
  return [step.dy];
};

/** ONNX's numbers of element types. */
const float32 = 1;
const int64 = 7;

/** Gradients of operators that move elements. */
export const movementRules: Readonly<Record<string, Rule>> = {
  Identity: same,
  Dropout: same,
  Cast: cast,
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Expand: expand,
  Gather: gather,
  GatherElements: gatherElements,
};
