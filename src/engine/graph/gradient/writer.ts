import { onnx } from "onnx-proto";
import { bytesOf } from "../../bytes-of";
import { elementCount } from "../../tensor";
import { attributeProtos, type Attribute } from "../attributes";
import type { Value } from "../graph";

const { DataType } = onnx.TensorProto;

/** Writes the nodes of gradients behind those of a graph. */
export class GradientWriter {
  readonly nodes: onnx.INodeProto[] = [];
  readonly initializers: onnx.ITensorProto[] = [];
  private readonly constants = new Set<Value>();

  /** @param prefix what names of values begin with; none of the graph's does. */
  constructor(private readonly prefix: string) {}

  /** Adds a node with one output. */
  op(opType: string, inputs: readonly Value[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    return this.ops(opType, inputs, attributes, 1)[0]!;
  }

  /** Adds a node with several outputs. */
  ops(opType: string, inputs: readonly Value[], attributes: Readonly<Record<string, Attribute>>, count: number): Value[] {
    const name = `${this.prefix}${this.nodes.length}`;
    const output = Array.from({ length: count }, (_, index) => (index === 0 ? name : `${name}_${index}`));
    this.nodes.push({ opType, name, input: [...inputs], output, attribute: attributeProtos(attributes) });
    return output;
  }

  /** A constant float32 scalar. */
  float(value: number): Value {
    return this.constant(`float_${value}`, { dataType: DataType.FLOAT, dims: [], rawData: bytesOf(Float32Array.of(value)) });
  }

  /** A constant int64 vector. */
  ints(values: readonly number[]): Value {
    return this.constant(`ints_${values.join("_")}`, { dataType: DataType.INT64, dims: [values.length], rawData: bytesOf(BigInt64Array.from(values, BigInt)) });
  }

  /** Zeros of a shape. */
  zeros(shape: readonly number[]): Value {
    return this.op("Expand", [this.float(0), this.ints(shape)]);
  }

  /** The same elements in another shape. */
  reshape(value: Value, shape: readonly number[]): Value {
    return this.op("Reshape", [value, this.ints(shape)]);
  }

  /** Factor times value. */
  scale(value: Value, factor: number): Value {
    return factor === 1 ? value : this.op("Mul", [value, this.float(factor)]);
  }

  /** Sum of values of one shape. @param values at least one */
  sum(values: readonly Value[]): Value {
    return values.reduce((total, value) => this.op("Add", [total, value]));
  }

  /** Undoes broadcasting: sums over what `to` was spread to `from` along. */
  sumTo(value: Value, from: readonly number[], to: readonly number[]): Value {
    const added = from.length - to.length;
    const axes = from.flatMap((size, axis) => (axis < added || (to[axis - added] === 1 && size !== 1) ? [axis] : []));
    if (axes.length === 0) return value;
    const summed = this.op("ReduceSum", [value, this.ints(axes)], { keepdims: { int: 1 } });
    return added === 0 ? summed : this.reshape(summed, to);
  }

  /** Swaps the last two axes. */
  swapped(value: Value, rank: number): Value {
    const perm = Array.from({ length: rank }, (_, axis) => axis);
    perm.splice(rank - 2, 2, rank - 1, rank - 2);
    return this.op("Transpose", [value], { perm: { ints: perm } });
  }

  /** The same elements in reverse along one axis. */
  reversed(value: Value, axis: number): Value {
    return this.op("Slice", [value, this.ints([-1]), this.ints([-(2 ** 31)]), this.ints([axis]), this.ints([-1])]);
  }

  /** Zeros put behind every element along one axis, so that it grows `times` as long. @param shape of the value */
  apart(value: Value, shape: readonly number[], axis: number, times: number): Value {
    const [before, size, behind] = aroundAxis(shape, axis);
    const spread = this.op("Pad", [this.reshape(value, [before * size, 1, behind]), this.ints([0, 0, 0, 0, times - 1, 0])]);
    return this.reshape(spread, shape.map((length, at) => (at === axis ? length * times : length)));
  }

  /** Sum over one axis, which stays with size 1. */
  sumOver(value: Value, axis: number): Value {
    return this.op("ReduceSum", [value, this.ints([axis])], { keepdims: { int: 1 } });
  }

  /** Mean over the last axis, which stays with size 1. */
  meanOfRows(value: Value, channels: number): Value {
    return this.scale(this.sumOver(value, -1), 1 / channels);
  }

  private constant(name: string, tensor: onnx.ITensorProto): Value {
    const value = `${this.prefix}${name}`;
    if (!this.constants.has(value)) this.initializers.push({ ...tensor, name: value });
    this.constants.add(value);
    return value;
  }
}

/** Sizes before an axis, of it and behind it, multiplied: what an operator along one axis sees. */
export function aroundAxis(shape: readonly number[], axis: number): readonly [number, number, number] {
  return [elementCount(shape.slice(0, axis)), shape[axis]!, elementCount(shape.slice(axis + 1))];
}
