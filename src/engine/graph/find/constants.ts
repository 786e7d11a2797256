import type { onnx } from "onnx-proto";
import { readTensor } from "../../checkpoint/tensor-data";
import { readInitializer } from "../../runtime/tfjs/initializer";
import { elementCount } from "../../tensor";
import type { Graph, Value } from "../graph";
import { firstAlone, foldings, type Constant } from "./folding";

export type { Constant };

/** What a graph has in it that does not depend on its inputs, as far as norms need it. */
export interface Constants {
  /** Whether a value is an initializer, or follows from initializers alone. */
  has(value: Value): boolean;
  /** A constant that stands in the graph itself, not in a file of weights. */
  inline(value: Value): Constant | undefined;
  /** The one number of a constant; undefined where it holds several. */
  scalar(value: Value): number | undefined;
  /** The integers of a constant: axes, shapes. */
  integers(value: Value): number[] | undefined;
  /** The shape of an initializer or of an inline constant. */
  shape(value: Value): readonly number[] | undefined;
  /** Number of elements, as {@link shape}. */
  size(value: Value): number | undefined;
  /** The initializer that a constant is made from; of several, the first. */
  initializer(value: Value): Value | undefined;
  /** Any constant, read from its file where it is a weight. */
  read(value: Value): Promise<Constant | undefined>;
}

type Producer = (value: Value) => onnx.INodeProto | undefined;

/** Constants are as deep as this at most; a graph that goes deeper is no norm's. */
const deepest = 16;

/** Reads the constants of a graph. */
export function constantsOf({ model, weights }: Graph, producer: Producer): Constants {
  const initializers = new Map((model.graph?.initializer ?? []).map((tensor) => [tensor.name ?? "", tensor]));
  const known = new Map<Value, Constant | undefined>();

  /** The inputs that a value is folded from; undefined for what is no operation on constants. */
  const sources = (value: Value, depth: number): readonly Value[] | undefined => {
    const node = depth > deepest || initializers.has(value) ? undefined : producer(value);
    return node && Object.hasOwn(foldings, node.opType ?? "") ? (node.input ?? []) : undefined;
  };
  const decisive = (value: Value, inputs: readonly Value[]): readonly Value[] => (firstAlone.includes(producer(value)?.opType ?? "") ? inputs.slice(0, 1) : inputs);

  const constant = new Map<Value, boolean>();
  const has = (value: Value, depth = 0): boolean => {
    const settled = constant.get(value);
    if (settled !== undefined) return settled;
    const inputs = sources(value, depth);
    const found = inputs ? decisive(value, inputs).every((input) => has(input, depth + 1)) : initializers.has(value) || producer(value)?.opType === "Constant";
    constant.set(value, found);
    return found;
  };

  const literal = (value: Value): Constant | undefined => {
    const tensor = initializers.get(value) ?? constantTensor(producer(value));
    return tensor && !weights.has(value) ? numbersOf(tensor) : undefined;
  };

  const fold = (value: Value, constants: readonly (Constant | undefined)[]): Constant | undefined => {
    const node = producer(value)!;
    return foldings[node.opType ?? ""]!(constants, node);
  };

  const inline = (value: Value, depth = 0): Constant | undefined => {
    if (known.has(value)) return known.get(value);
    const inputs = sources(value, depth);
    const constant = inputs ? fold(value, inputs.map((input) => inline(input, depth + 1))) : literal(value);
    known.set(value, constant);
    return constant;
  };

  const readings = new Map<Value, Promise<Constant | undefined>>();
  const read = (value: Value, depth = 0): Promise<Constant | undefined> => {
    const reading = readings.get(value) ?? readOnce(value, depth);
    readings.set(value, reading);
    return reading;
  };
  const readOnce = async (value: Value, depth: number): Promise<Constant | undefined> => {
    const weight = weights.get(value);
    if (weight) return { shape: weight.shape, data: Float64Array.from(await readTensor(weight)) };
    const inputs = has(value) ? sources(value, depth) : undefined;
    return inputs ? fold(value, await Promise.all(inputs.map((input) => read(input, depth + 1)))) : literal(value);
  };

  const initializer = (value: Value, depth = 0): Value | undefined => {
    if (initializers.has(value)) return value;
    const found = [...new Set(sources(value, depth) ?? [])].map((input) => initializer(input, depth + 1)).filter((input) => input !== undefined);
    return found.find((input) => weights.has(input)) ?? found[0];
  };

  const shape = (value: Value): readonly number[] | undefined => weights.get(value)?.shape ?? inline(value)?.shape ?? weights.get(initializer(value) ?? "")?.shape;

  return {
    has,
    inline,
    read: (value) => read(value),
    initializer,
    shape,
    size: (value) => {
      const sizes = shape(value);
      return sizes && elementCount(sizes);
    },
    scalar: (value) => {
      const data = inline(value)?.data;
      return data?.length === 1 ? data[0] : undefined;
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
