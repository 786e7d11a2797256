import type { onnx } from "onnx-proto";
import { readTensor } from "../../checkpoint/tensor-data";
import { readInitializer } from "../../runtime/tfjs/initializer";
import { elementCount } from "../../tensor";
import type { Graph, Value } from "../graph";

/** The numbers of a constant; a shape of any rank. */
export interface Constant {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** What a graph has in it that does not depend on its inputs, as far as norms need it. */
export interface Constants {
  /** Whether a value is an initializer, or one that is only cast, reshaped, or computed with other constants. */
  has(value: Value): boolean;
  /** A constant that stands in the graph itself, not in a file of weights. */
  inline(value: Value): Constant | undefined;
  /** The one number of a constant; undefined where it holds several. */
  scalar(value: Value): number | undefined;
  /** The integers of a constant: axes, shapes. */
  integers(value: Value): number[] | undefined;
  /** Number of elements of an initializer or inline constant. */
  size(value: Value): number | undefined;
  /** The shape of any constant, without reading a weight. */
  shape(value: Value): readonly number[] | undefined;
  /** The initializer whose numbers a constant has, behind operators that move them. */
  initializer(value: Value): Value | undefined;
  /** Any constant, read from its file where it is a weight. */
  read(value: Value): Promise<Constant | undefined>;
}

type Producer = (value: Value) => onnx.INodeProto | undefined;

/** Operators that leave the numbers of a vector or scalar as they are. */
const moving: readonly string[] = ["Cast", "Identity", "Reshape", "Unsqueeze", "Squeeze", "Flatten", "Expand"];

/** Operators on constants that exporters leave in a graph beside a norm. */
const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: (a, b) => a ** b,
};

/** Constants are as deep as this at most; a graph that goes deeper is no norm's. */
const deepest = 16;

/** Reads the constants of a graph. */
export function constantsOf({ model, weights }: Graph, producer: Producer): Constants {
  const initializers = new Map((model.graph?.initializer ?? []).map((tensor) => [tensor.name ?? "", tensor]));
  const known = new Map<Value, Constant | undefined>();

  const has = (value: Value, depth = 0): boolean => {
    if (initializers.has(value)) return true;
    const node = producer(value);
    if (!node || depth > deepest) return false;
    if (node.opType === "Constant") return true;
    const [first = "", second = ""] = node.input ?? [];
    if (moving.includes(node.opType ?? "")) return has(first, depth + 1);
    return node.opType! in arithmetic && has(first, depth + 1) && has(second, depth + 1);
  };

  const literal = (value: Value): Constant | undefined => {
    const initializer = initializers.get(value) ?? constantTensor(producer(value));
    return initializer && !weights.has(value) ? numbersOf(initializer) : undefined;
  };

  const inline = (value: Value, depth = 0): Constant | undefined => {
    if (known.has(value)) return known.get(value);
    const node = producer(value);
    const [first = "", second = ""] = node?.input ?? [];
    const compute = (): Constant | undefined => {
      if (depth > deepest) return undefined;
      if (node && moving.includes(node.opType ?? "")) return inline(first, depth + 1);
      const operation = node && arithmetic[node.opType ?? ""];
      return operation ? combined(operation, inline(first, depth + 1), inline(second, depth + 1)) : literal(value);
    };
    const constant = compute();
    known.set(value, constant);
    return constant;
  };

  const initializer = (value: Value, depth = 0): Value | undefined => {
    if (initializers.has(value)) return value;
    const node = producer(value);
    if (!node || depth > deepest) return undefined;
    if (moving.includes(node.opType ?? "")) return initializer(node.input?.[0] ?? "", depth + 1);
    return node.opType! in arithmetic ? first(node.input ?? [], (input) => initializer(input, depth + 1)) : undefined;
  };

  /** A constant's shape as it would be read, with its numbers left out. */
  const shape = (value: Value): readonly number[] | undefined => {
    const stored = initializer(value);
    const weight = stored === undefined ? undefined : weights.get(stored);
    return weight && stored === value ? weight.shape : inline(value)?.shape;
  };

  const read = async (value: Value, depth = 0): Promise<Constant | undefined> => {
    const weight = weights.get(value);
    if (weight) return { shape: weight.shape, data: Float64Array.from(await readTensor(weight)) };
    const node = producer(value);
    if (!node || node.opType === "Constant" || depth > deepest) return inline(value);
    const [first = "", second = ""] = node.input ?? [];
    if (moving.includes(node.opType ?? "")) return reshaped(node, await read(first, depth + 1), inline(second));
    const operation = arithmetic[node.opType ?? ""];
    return operation ? combined(operation, await read(first, depth + 1), await read(second, depth + 1)) : undefined;
  };

  return {
    has,
    inline,
    read,
    scalar: (value) => {
      const data = inline(value)?.data;
      return data?.length === 1 ? data[0] : undefined;
    },
    initializer: (value) => initializer(value),
    shape,
    size: (value) => {
      const sizes = shape(value);
      return sizes && elementCount(sizes);
    },
    integers: (value) => {
      const constant = inline(value);
      return constant && Array.from(constant.data);
    },
  };
}

/** The tensor of a Constant node, in the spellings that hold numbers. */
function constantTensor(node: onnx.INodeProto | undefined): onnx.ITensorProto | undefined {
  if (node?.opType !== "Constant") return undefined;
  const [attribute] = node.attribute ?? [];
  switch (attribute?.name) {
    case "value":
      return attribute.t ?? undefined;
    case "value_float":
      return { dataType: 1, dims: [], floatData: [attribute.f ?? 0] };
    case "value_floats":
      return { dataType: 1, dims: [attribute.floats?.length ?? 0], floatData: attribute.floats ?? [] };
    case "value_int":
      return { dataType: 7, dims: [], int64Data: [attribute.i ?? 0] };
    case "value_ints":
      return { dataType: 7, dims: [attribute.ints?.length ?? 0], int64Data: attribute.ints ?? [] };
    default:
      return undefined;
  }
}

/** Undefined where the tensor holds no numbers, or not those that its shape promises: a runtime will say so. */
function numbersOf(tensor: onnx.ITensorProto): Constant | undefined {
  try {
    const { shape, data } = readInitializer(tensor);
    return { shape, data: Float64Array.from(data) };
  } catch {
    return undefined;
  }
}

/** A constant behind an operator that moves: its new shape tells along which axes it varies. */
function reshaped({ opType, attribute }: onnx.INodeProto, constant: Constant | undefined, setting: Constant | undefined): Constant | undefined {
  const numbers = setting ? Array.from(setting.data) : (attribute?.find(({ name }) => name === "axes")?.ints ?? []).map(Number);
  if (constant && opType === "Reshape" && setting) return { shape: filledShape(numbers, constant.data.length), data: constant.data };
  if (constant && opType === "Unsqueeze") return { shape: unsqueezed(constant.shape, numbers), data: constant.data };
  return constant;
}

/** A shape whose -1 stands for what is left. */
function filledShape(shape: readonly number[], length: number): number[] {
  const rest = shape.filter((size) => size > 0).reduce((product, size) => product * size, 1);
  return shape.map((size) => (size === -1 ? length / rest : size));
}

function unsqueezed(shape: readonly number[], axes: readonly number[]): number[] {
  const rank = shape.length + axes.length;
  const ones = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  const sizes = [...shape];
  return Array.from({ length: rank }, (_, axis) => (ones.has(axis) ? 1 : sizes.shift()!));
}

/** Two constants of one length, or one of them a single number. */
function combined(operation: (a: number, b: number) => number, a: Constant | undefined, b: Constant | undefined): Constant | undefined {
  if (!a || !b) return undefined;
  const larger = a.data.length >= b.data.length ? a : b;
  if (Math.min(a.data.length, b.data.length) !== 1 && a.data.length !== b.data.length) return undefined;
  const at = (data: Float64Array, index: number): number => data[data.length === 1 ? 0 : index]!;
  return { shape: larger.shape, data: Float64Array.from({ length: larger.data.length }, (_, index) => operation(at(a.data, index), at(b.data, index))) };
}

function first<Item, Found>(items: readonly Item[], find: (item: Item) => Found | undefined): Found | undefined {
  return items.map(find).find((found) => found !== undefined);
}
