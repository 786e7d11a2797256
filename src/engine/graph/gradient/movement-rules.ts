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

/** Back in order where it was taken in reverse, apart where some was left out between, and zeros around. */
const slice: Rule = (step) => {
  const { w, dy, inputs, shape, integers } = step;
  const whole = shape(inputs[0]!);
  const starts = integers(inputs[1]!);
  const axes = inputs[3] ? integers(inputs[3]) : starts.map((_, axis) => axis);
  const strides = inputs[4] ? integers(inputs[4]) : axes.map(() => 1);
  const sizes = [...shape(step.y)];
  const before = whole.map(() => 0);
  let gradient = dy;
  axes.forEach((stated, index) => {
    const axis = frontAxis(stated, whole.length);
    const stride = strides[index]!;
    const first = firstTaken(starts[index]!, whole[axis]!, stride);
    before[axis] = stride > 0 ? first : first + stride * (sizes[axis]! - 1);
    if (stride < 0) gradient = w.reversed(gradient, axis);
    if (Math.abs(stride) === 1) return;
    gradient = w.apart(gradient, sizes, axis, Math.abs(stride));
    sizes[axis] = sizes[axis]! * Math.abs(stride);
  });
  const after = whole.map((size, axis) => size - before[axis]! - sizes[axis]!);
  return [w.op("Pad", [gradient, w.ints([...before, ...after])])];
};

/** Where a slice begins along an axis of this size. */
function firstTaken(stated: number, size: number, stride: number): number {
  const start = stated < 0 ? stated + size : stated;
  return Math.min(stride < 0 ? size - 1 : size, Math.max(0, start));
}

/** What was padded on is cut off, and zeros stand where something was: padding by as much less. */
const pad: Rule = ({ w, node, dy, inputs }) => {
  const mode = node.attribute?.find(({ name }) => name === "mode")?.s;
  const isConstant = mode === undefined || mode === null || mode.length === 0 || new TextDecoder().decode(mode) === "constant";
  if (!isConstant) throw new NoGradientError("Pad");
  return [w.op("Pad", [dy, w.op("Neg", [inputs[1]!]), ...(inputs[3] ? ["", inputs[3]] : [])])];
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
