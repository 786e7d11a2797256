import type { onnx } from "onnx-proto";
import { elementCount } from "../../tensor";

/** The numbers of a constant; a shape of any rank. */
export interface Constant {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** What an operator makes of constants; undefined where it isn't known. */
type Folding = (inputs: readonly (Constant | undefined)[], node: onnx.INodeProto) => Constant | undefined;

const unchanged: Folding = ([constant]) => constant;

const reshape: Folding = ([constant, shape]) => {
  if (!constant || !shape) return constant;
  const sizes = Array.from(shape.data);
  const rest = elementCount(sizes.filter((size) => size > 0));
  return { shape: sizes.map((size, axis) => (size === -1 ? constant.data.length / rest : size === 0 ? (constant.shape[axis] ?? 0) : size)), data: constant.data };
};

/** The axes stand in an attribute in old versions of ONNX, in an input in new ones. */
const unsqueeze: Folding = ([constant, setting], { attribute }) => {
  if (!constant) return undefined;
  const axes = setting ? Array.from(setting.data) : (attribute?.find(({ name }) => name === "axes")?.ints ?? []).map(Number);
  const rank = constant.shape.length + axes.length;
  const ones = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  const sizes = [...constant.shape];
  return { shape: Array.from({ length: rank }, (_, axis) => (ones.has(axis) ? 1 : sizes.shift()!)), data: constant.data };
};

/** One number stands for any number of equal ones; a vector that is repeated is left as it is. */
const expand: Folding = ([constant, shape]) => {
  if (!constant || !shape || constant.data.length !== 1) return constant;
  const sizes = Array.from(shape.data);
  const length = elementCount(sizes);
  return length > largestExpansion ? constant : { shape: sizes, data: new Float64Array(length).fill(constant.data[0]!) };
};

/** Longest constant that is written out of one number. */
const largestExpansion = 2 ** 20;

const concat: Folding = (inputs) => {
  const known = inputs.filter((input) => input !== undefined);
  if (known.length !== inputs.length || known.some(({ shape }) => shape.length !== 1)) return undefined;
  const data = Float64Array.from(known.flatMap((input) => Array.from(input.data)));
  return { shape: [data.length], data };
};

const range: Folding = ([start, limit, step]) => {
  if (!start || !limit || !step) return undefined;
  const [from, to, by] = [start.data[0]!, limit.data[0]!, step.data[0]!];
  const length = Math.max(0, Math.ceil((to - from) / by));
  if (!(length <= largestExpansion)) return undefined;
  return { shape: [length], data: Float64Array.from({ length }, (_, index) => from + by * index) };
};

/** Of two constants of one length, or one of them a single number. */
function elementwise(operation: (a: number, b: number) => number): Folding {
  return ([a, b]) => {
    if (!a || !b || (Math.min(a.data.length, b.data.length) !== 1 && a.data.length !== b.data.length)) return undefined;
    const larger = a.data.length > b.data.length || (a.data.length === b.data.length && a.shape.length >= b.shape.length) ? a : b;
    const at = (data: Float64Array, index: number): number => data[data.length === 1 ? 0 : index]!;
    return { shape: larger.shape, data: Float64Array.from({ length: larger.data.length }, (_, index) => operation(at(a.data, index), at(b.data, index))) };
  };
}

/** Operators on constants that exporters leave in a graph beside a norm; a new one is one line. */
export const foldings: Readonly<Record<string, Folding>> = {
  Identity: unchanged,
  Cast: unchanged,
  CastLike: unchanged,
  Squeeze: unchanged,
  Flatten: unchanged,
  Reshape: reshape,
  Unsqueeze: unsqueeze,
  Expand: expand,
  Concat: concat,
  Range: range,
  Add: elementwise((a, b) => a + b),
  Sub: elementwise((a, b) => a - b),
  Mul: elementwise((a, b) => a * b),
  Div: elementwise((a, b) => a / b),
  Pow: elementwise((a, b) => a ** b),
};

/** Operators of which only the first input has to be constant: the second is a type or a shape. */
export const firstAlone: readonly string[] = ["CastLike", "Reshape", "Unsqueeze", "Squeeze", "Expand"];
