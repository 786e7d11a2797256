import { onnx } from "onnx-proto";
import { bytesOf } from "../../bytes-of";
import type { TensorReference } from "../../checkpoint/checkpoint";
import { attributeProtos, type Attribute } from "../attributes";
import { constantsOf, type Constants } from "../find/constants";
import type { Graph, Value } from "../graph";
import { elementType, integer } from "./element-types";

const { DataType } = onnx.TensorProto;
const single: number = DataType.FLOAT;

/** Version of the ONNX operator set that graphs are written in, and of the file format that goes with it. */
const opset = 20;
const irVersion = 9;

/** A number that is beyond any size: the end of a slice that takes all. */
export const endOfAll = 2 ** 31 - 1;

/** Writes ONNX nodes for nodes of TensorFlow, each in the scope of the one that it stands for. */
export class OnnxWriter {
  private readonly nodes: onnx.INodeProto[] = [];
  private readonly initializers: onnx.ITensorProto[] = [];
  private readonly weights = new Map<Value, TensorReference>();
  private readonly producers = new Map<Value, onnx.INodeProto>();
  private readonly constants: Constants = constantsOf({ model: {}, weights: this.weights }, (value) => this.producers.get(value));
  private scope = "";
  private written = 0;

  /** @param boundary names of what the graph takes and gives, which nothing else may have. */
  constructor(private readonly boundary: ReadonlySet<Value>) {}

  /** All that is written until the next call stands for the node of this name. */
  enter(scope: string): void {
    this.scope = scope;
    this.written = 0;
  }

  /** Adds a node with one output. */
  op(opType: string, inputs: readonly Value[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    return this.ops(opType, inputs, attributes, 1)[0]!;
  }

  /** Adds a node with several outputs. */
  ops(opType: string, inputs: readonly Value[], attributes: Readonly<Record<string, Attribute>>, count: number): Value[] {
    this.written += 1;
    const output = Array.from({ length: count }, (_, index) => `${this.scope}:${this.written}.${index}`);
    this.add({ opType, name: `${this.scope}.${this.written}`, input: [...inputs], output, attribute: attributeProtos(attributes) });
    return output;
  }

  /** The same value under another name. */
  called(value: Value, name: Value): Value {
    this.add({ opType: "Identity", name, input: [value], output: [name] });
    return name;
  }

  /** A tensor that stands in the graph, under the name of the node that it stands for, or one made from it. */
  constant(tensor: onnx.ITensorProto): Value {
    this.written += 1;
    const name = `${this.scope}:${this.written}`;
    return this.named(name, tensor);
  }

  /** A tensor that stands in the graph under a name. */
  named(wanted: Value, tensor: onnx.ITensorProto): Value {
    const name = this.besideBoundary(wanted);
    const t = { ...tensor, name };
    this.initializers.push(t);
    this.producers.set(name, { opType: "Constant", output: [name], attribute: [{ name: "value", type: onnx.AttributeProto.AttributeType.TENSOR, t }] });
    return name;
  }

  /** A tensor of numbers whose bytes stay in their file; what is no type to compute with is cast where it is used. */
  weight(reference: TensorReference, type: number, computed: number): Value {
    const { shape } = reference;
    const name = this.besideBoundary(reference.name);
    if (!this.weights.has(name)) {
      this.weights.set(name, reference);
      this.initializers.push({ name, dataType: type, dims: [...shape] });
    }
    return type === computed ? name : this.op("Cast", [name], { to: { int: computed } });
  }

  /** A constant int64 vector. */
  ints(values: readonly number[]): Value {
    return this.constant({ dataType: DataType.INT64, dims: [values.length], rawData: bytesOf(BigInt64Array.from(values, BigInt)) });
  }

  /** A constant int64 scalar. */
  int(value: number): Value {
    return this.constant({ dataType: DataType.INT64, dims: [], rawData: bytesOf(BigInt64Array.of(BigInt(value))) });
  }

  /** A constant number of one of TensorFlow's types. */
  number(value: number, type: number | undefined): Value {
    const computed = elementType(type)?.computed ?? single;
    if (computed === integer) return this.int(value);
    const float = this.constant({ dataType: DataType.FLOAT, dims: [], rawData: bytesOf(Float32Array.of(value)) });
    return computed === single ? float : this.op("Cast", [float], { to: { int: computed } });
  }

  /** A value as int64 of rank 1, for ONNX to take as sizes or positions. */
  vector(value: Value): Value {
    return this.op("Reshape", [value, this.ints([-1])]);
  }

  /** The integers of a value that does not depend on what is fed; undefined for any other. */
  integers(value: Value): number[] | undefined {
    return this.constants.integers(value);
  }

  /** The number that a constant is all over; undefined for any other value. */
  scalar(value: Value): number | undefined {
    return this.constants.scalar(value);
  }

  /** The sizes that a Reshape gives a value, as far as they do not depend on what is fed; undefined for a value of another origin. */
  reshapedTo(value: Value): (number | undefined)[] | undefined {
    const node = this.producers.get(value);
    const shape = node?.opType === "Reshape" ? node.input?.[1] : undefined;
    const known = shape === undefined ? undefined : this.integers(shape);
    const parts = this.producers.get(shape ?? "");
    return known ?? (parts?.opType === "Concat" ? (parts.input ?? []).map((part) => this.integers(part)?.[0]) : undefined);
  }

  /** The shape of a constant. */
  shape(value: Value): readonly number[] | undefined {
    return this.weights.get(value)?.shape ?? this.constants.shape(value);
  }

  /** The graph that was written. */
  finish(name: string, input: onnx.IValueInfoProto[], output: onnx.IValueInfoProto[]): Graph {
    const model: onnx.IModelProto = {
      irVersion,
      producerName: "normlens",
      opsetImport: [{ domain: "", version: opset }],
      graph: { name, node: this.nodes, input, output, initializer: this.initializers },
    };
    return { model, weights: this.weights };
  }

  private besideBoundary(name: Value): Value {
    return this.boundary.has(name) ? `${name}:held` : name;
  }

  private add(node: onnx.INodeProto): void {
    this.nodes.push(node);
    for (const output of node.output ?? []) this.producers.set(output, node);
  }
}
