import { onnx } from "onnx-proto";
import type { Graph, Value } from "../../../src/engine/graph/graph";
import { elementCount } from "../../../src/engine/tensor";

const { DataType } = onnx.TensorProto;
const { AttributeType } = onnx.AttributeProto;

/** Element types that graphs compute in. */
export type FloatType = "FLOAT" | "FLOAT16" | "BFLOAT16";

/** Writes a graph as some exporter might: `x` of a shape goes in, whatever is returned last comes out. Both are float32, whatever the type of the constants. */
export class Writer {
  readonly nodes: onnx.INodeProto[] = [];
  readonly initializers: onnx.ITensorProto[] = [];
  private readonly inputs: onnx.IValueInfoProto[] = [];

  constructor(
    shape: readonly number[],
    readonly opset = 17,
    readonly type: FloatType = "FLOAT",
  ) {
    this.inputs.push({ name: "x", type: { tensorType: { elemType: DataType.FLOAT, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } } });
  }

  /** Number of the type that the graph computes in. */
  get elementType(): number {
    return DataType[this.type];
  }

  /** A float32 value in the type that the graph computes in. */
  inType(x: Value): Value {
    return this.type === "FLOAT" ? x : this.op("Cast", [x], { to: this.elementType });
  }

  /** A value that the graph computes, in float32. */
  inFloat32(x: Value): Value {
    return this.type === "FLOAT" ? x : this.op("Cast", [x], { to: DataType.FLOAT });
  }

  /** A node with one output. */
  op(opType: string, inputs: readonly Value[], attributes: Readonly<Record<string, number | readonly number[]>> = {}, domain = ""): Value {
    const output = `${opType.toLowerCase()}_${this.nodes.length}`;
    const attribute = Object.entries(attributes).map(([name, value]): onnx.IAttributeProto => {
      if (typeof value !== "number") return { name, type: AttributeType.INTS, ints: [...value] };
      return Number.isInteger(value) ? { name, type: AttributeType.INT, i: value } : { name, type: AttributeType.FLOAT, f: value };
    });
    this.nodes.push({ opType, domain, name: output, input: [...inputs], output: [output], attribute });
    return output;
  }

  floats(name: string, shape: readonly number[], values: readonly number[]): Value {
    expectCount(shape, values);
    this.initializers.push({ name, dataType: this.elementType, dims: [...shape], ...(this.type === "FLOAT" ? { floatData: [...values] } : { int32Data: values.map((value) => bitsOf(this.type, value)) }) });
    return name;
  }

  float(value: number): Value {
    return this.floats(`float_${this.initializers.length}`, [], [value]);
  }

  integers(values: readonly number[]): Value {
    const name = `ints_${this.initializers.length}`;
    this.initializers.push({ name, dataType: DataType.INT64, dims: [values.length], int64Data: [...values] });
    return name;
  }

  /** A reduction over axes, which are an input from opset 18 on (13 for sums). */
  reduce(opType: string, x: Value, axes: readonly number[], keepdims = 1): Value {
    const asInput = this.opset >= (opType === "ReduceSum" ? 13 : 18);
    return asInput ? this.op(opType, [x, this.integers(axes)], { keepdims }) : this.op(opType, [x], { axes, keepdims });
  }

  /** Axes of size 1 put in, which are an input from opset 13 on. */
  unsqueeze(x: Value, axes: readonly number[]): Value {
    return this.opset >= 13 ? this.op("Unsqueeze", [x, this.integers(axes)]) : this.op("Unsqueeze", [x], { axes });
  }

  graph(output: Value): Graph {
    return {
      weights: new Map(),
      model: {
        irVersion: 8,
        opsetImport: [{ domain: "", version: this.opset }, { domain: "com.microsoft", version: 1 }],
        graph: {
          name: "corpus",
          node: this.nodes,
          initializer: this.initializers,
          input: this.inputs,
          output: [{ name: output, type: { tensorType: { elemType: DataType.FLOAT } } }],
        },
      },
    };
  }
}

/** The bits of a number in a type of 16 of them, cut off; numbers too small for float16 become 0. */
function bitsOf(type: FloatType, value: number): number {
  const [bits] = new Uint32Array(Float32Array.of(value).buffer);
  if (type === "BFLOAT16") return bits! >>> 16;
  const exponent = ((bits! >>> 23) & 0xff) - 112;
  return ((bits! >>> 16) & 0x8000) | (exponent > 0 ? (exponent << 10) | ((bits! >>> 13) & 0x3ff) : 0);
}

function expectCount(shape: readonly number[], values: readonly number[]): void {
  if (elementCount(shape) !== values.length) throw new Error(`${values.length} values do not fill ${shape.join(" x ")}.`);
}

/** Numbers without a pattern, the same in every run. */
export function scattered(count: number, seed = 0): number[] {
  return Array.from({ length: count }, (_, index) => Math.fround(1.5 * Math.sin(12.9898 * (index + 1) + seed * 3.7) + 0.3));
}
