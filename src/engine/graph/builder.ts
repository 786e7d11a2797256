import { onnx } from "onnx-proto";
import type { Dtype } from "../../shared/dtype";
import type { NormRole } from "../../shared/norm";
import type { ReplacementCurve } from "../../shared/replacement";
import { bytesOf } from "../bytes-of";
import type { TensorReference } from "../checkpoint/checkpoint";
import { attributeProtos, type Attribute } from "./attributes";
import { valueInfo, type Graph, type Value, type ValueType } from "./graph";
import { elementWiseNodes } from "./element-wise";
import { normLabel, type ComparedNorm } from "./norm-label";
import { elementCount } from "../tensor";

const { DataType } = onnx.TensorProto;

/** ONNX element type of each dtype that a forward pass computes with. */
const elementTypes: Partial<Record<Dtype, number>> = {
  F64: DataType.DOUBLE,
  F32: DataType.FLOAT,
  F16: DataType.FLOAT16,
  BF16: DataType.BFLOAT16,
};

/** Version of the ONNX operator set that stages are written in; RMSNormalization came with 23. */
const opset = 23;

/** Version of the ONNX file format that goes with the operator set. */
const irVersion = 11;

/** A dense layer: y = x W + b, with W stored either way round. */
export interface Linear {
  readonly weight: TensorReference;
  readonly bias?: TensorReference | undefined;
  /** "out-in": [out, in] as torch.nn.Linear stores it; "in-out": [in, out] as GPT-2's Conv1D does. */
  readonly layout: "out-in" | "in-out";
}

/** Number of values that a dense layer gives. */
export function outSize({ weight, layout }: Linear): number {
  return weight.shape[layout === "out-in" ? 0 : 1]!;
}

/** A norm layer, as an architecture states it. */
export interface NormSpecification {
  /** Module path as the checkpoint spells it. */
  readonly name: string;
  readonly kind: ComparedNorm["kind"];
  readonly role: NormRole;
  readonly depth: number;
  readonly eps: number;
  /** Absent where the gain is 1 in all channels, whose number is then stated, as it is where one gain stands for all of them. */
  readonly weight?: TensorReference | undefined;
  readonly channels?: number;
  /** What the gain is more than the stored weight: 1 in Gemma, whose weights are 0 where the gain is 1; nothing unless stated. */
  readonly weightOffset?: number;
  readonly bias?: TensorReference | undefined;
  /** Where an element-wise layer stands in the norm's place. */
  readonly trained?: CurveSpecification | undefined;
}

/** f(alpha * x + shift) in the place of x-hat. */
export interface CurveSpecification {
  readonly curve: ReplacementCurve;
  /** One number, or one for each channel. */
  readonly alpha: TensorReference;
  /** What alpha is more than its stored value; nothing unless stated. */
  readonly alphaOffset?: number;
  readonly shift?: TensorReference | undefined;
}

/**
 * Writes the ONNX graph of one stage. Hidden states have shape [batch, sequence, ...]; a dense layer works on their rows.
 * All values are float32: weights that are stored otherwise are cast where they are used.
 */
export class GraphBuilder {
  private readonly nodes: onnx.INodeProto[] = [];
  private readonly inputs: onnx.IValueInfoProto[] = [];
  private readonly outputs: onnx.IValueInfoProto[] = [];
  private readonly initializers: onnx.ITensorProto[] = [];
  private readonly weights = new Map<string, TensorReference>();
  private readonly cast = new Map<string, Value>();
  private readonly constants = new Map<string, Value>();

  constructor(private readonly name: string) {}

  /** Declares a value that the graph is fed. */
  input(name: string, type: ValueType, shape: readonly (number | string)[]): Value {
    this.inputs.push(valueInfo(name, type, shape));
    return name;
  }

  /** Hands a value on under a name of its own. */
  output(value: Value, name: string): void {
    this.nodes.push({ opType: "Identity", input: [value], output: [name], name });
    this.outputs.push(valueInfo(name, "float32"));
  }

  /** Adds a node with one output. */
  op(opType: string, inputs: readonly Value[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    return this.ops(opType, inputs, attributes, 1)[0]!;
  }

  /** Adds a node with several outputs. */
  ops(opType: string, inputs: readonly Value[], attributes: Readonly<Record<string, Attribute>>, count: number): Value[] {
    const name = `${opType}_${this.nodes.length}`;
    const outputs = Array.from({ length: count }, (_, index) => (index === 0 ? name : `${name}_${index}`));
    this.nodes.push({ opType, name, input: [...inputs], output: outputs, attribute: attributeProtos(attributes) });
    return outputs;
  }

  /** A constant int64 vector. */
  ints(values: readonly number[]): Value {
    return this.constant(`ints_${values.join("_")}`, () => ({
      dataType: DataType.INT64,
      dims: [values.length],
      rawData: bytesOf(BigInt64Array.from(values, BigInt)),
    }));
  }

  /** A constant int64 scalar. */
  int(value: number): Value {
    return this.constant(`int_${value}`, () => ({
      dataType: DataType.INT64,
      dims: [],
      rawData: bytesOf(BigInt64Array.of(BigInt(value))),
    }));
  }

  /** A constant float32 scalar. */
  float(value: number): Value {
    return this.constant(`float_${value}`, () => ({
      dataType: DataType.FLOAT,
      dims: [],
      rawData: bytesOf(Float32Array.of(value)),
    }));
  }

  /** A constant float32 tensor; the same name means the same tensor. */
  floats(name: string, shape: readonly number[], data: () => Float32Array): Value {
    return this.constant(name, () => ({ dataType: DataType.FLOAT, dims: [...shape], rawData: bytesOf(data()) }));
  }

  /** A constant float64 tensor; the same name means the same tensor. */
  doubles(name: string, shape: readonly number[], data: () => Float64Array): Value {
    return this.constant(name, () => ({ dataType: DataType.DOUBLE, dims: [...shape], rawData: bytesOf(data()) }));
  }

  /** A constant int64 tensor; the same name means the same tensor. */
  longs(name: string, shape: readonly number[], data: () => BigInt64Array): Value {
    return this.constant(name, () => ({ dataType: DataType.INT64, dims: [...shape], rawData: bytesOf(data()) }));
  }

  /** int64 as float64. */
  toDouble(value: Value): Value {
    return this.op("Cast", [value], { to: { int: DataType.DOUBLE } });
  }

  /** Any number type as float32. */
  toFloat(value: Value): Value {
    return this.op("Cast", [value], { to: { int: DataType.FLOAT } });
  }

  /** A weight as float32, in the shape in which it is stored. */
  weight(reference: TensorReference): Value {
    const stored = this.stored(reference);
    if (reference.dtype === "F32") return stored;
    const known = this.cast.get(stored) ?? this.toFloat(stored);
    this.cast.set(stored, known);
    return known;
  }

  /** Rows of a weight table [entries, ...] by int64 ids; only the rows are cast. */
  lookUp(table: TensorReference, ids: Value): Value {
    const rows = this.op("Gather", [this.stored(table), ids], { axis: { int: 0 } });
    return table.dtype === "F32" ? rows : this.toFloat(rows);
  }

  /** `count` (int64 [1]) rows of a weight table, from the row `first` on; only these are cast. */
  firstRows(table: TensorReference, count: Value, first = 0): Value {
    const end = first === 0 ? count : this.add(count, this.ints([first]));
    const rows = this.op("Slice", [this.stored(table), this.ints([first]), end, this.ints([0])]);
    return table.dtype === "F32" ? rows : this.toFloat(rows);
  }

  /** Dense layer over the last axis of x; returns the rows, [all leading axes together, out]. */
  linear(x: Value, layer: Linear): Value {
    const [first, second] = layer.weight.shape;
    const inSize = layer.layout === "out-in" ? second! : first!;
    const rows = this.op("Reshape", [x, this.ints([-1, inSize])]);
    const inputs = [rows, this.weight(layer.weight), ...(layer.bias ? [this.weight(layer.bias)] : [])];
    return this.op("Gemm", inputs, layer.layout === "out-in" ? { transB: { int: 1 } } : {});
  }

  /** [batch, sequence] of a hidden state [batch, sequence, ...], as int64 [2]. */
  leadingShape(hidden: Value): Value {
    return this.once(`leading_${hidden}`, () => this.op("Shape", [hidden], { end: { int: 2 } }));
  }

  /** Length of the sequences of a hidden state or of token ids [batch, sequence, ...], as int64 [1]. */
  sequenceLength(hidden: Value): Value {
    return this.once(`length_${hidden}`, () => this.op("Shape", [hidden], { start: { int: 1 }, end: { int: 2 } }));
  }

  /** Gives rows the batch and sequence of `hidden` back: [batch, sequence, ...shape]. */
  unflatten(rows: Value, hidden: Value, shape: readonly number[]): Value {
    return this.op("Reshape", [rows, this.op("Concat", [this.leadingShape(hidden), this.ints(shape)], { axis: { int: 0 } })]);
  }

  /** Dense layer that keeps the batch and sequence axes of x: [batch, sequence, out]. */
  project(x: Value, layer: Linear): Value {
    return this.unflatten(this.linear(x, layer), x, [outSize(layer)]);
  }

  /** x + y. */
  add(x: Value, y: Value): Value {
    return this.op("Add", [x, y]);
  }

  /** x * y. */
  multiply(x: Value, y: Value): Value {
    return this.op("Mul", [x, y]);
  }

  /** Norm layer over the last axis, or the layer in its place; the node carries the layer's name, role and depth for whoever looks for norms. */
  norm(x: Value, norm: NormSpecification): Value {
    if (norm.trained) return this.elementWise(x, norm, norm.trained);
    const opType = norm.kind === "layernorm" ? "LayerNormalization" : "RMSNormalization";
    const gain = this.gain(norm);
    const output = `norm_${this.nodes.length}`;
    this.nodes.push({
      opType,
      name: norm.name,
      docString: normLabel(norm.role, norm.depth),
      input: [x, gain, ...(norm.bias ? [this.weight(norm.bias)] : [])],
      output: [output],
      attribute: attributeProtos({ axis: { int: -1 }, epsilon: { float: norm.eps } }),
    });
    return output;
  }

  private elementWise(input: Value, norm: NormSpecification, { curve, alpha: stored, alphaOffset, shift }: CurveSpecification): Value {
    const alpha = alphaOffset === undefined ? this.weight(stored) : this.add(this.weight(stored), this.float(alphaOffset));
    const gain = norm.weight && this.gain(norm);
    const offset = norm.bias && this.weight(norm.bias);
    const output = `norm_${this.nodes.length}`;
    const layer = { curve, input, output, alpha, shift: shift && this.weight(shift), gain, offset };
    this.nodes.push(...elementWiseNodes(norm.name, layer, normLabel(norm.role, norm.depth, norm)));
    return output;
  }

  /** Norm of every channel of x [batch, channels, ...] by itself, over all that follows them: a GroupNorm whose groups are channels. */
  channelNorm(x: Value, norm: NormSpecification): Value {
    const output = `norm_${this.nodes.length}`;
    this.nodes.push({
      opType: "InstanceNormalization",
      name: norm.name,
      docString: normLabel(norm.role, norm.depth),
      input: [x, this.gain(norm), norm.bias ? this.weight(norm.bias) : this.float(0)],
      output: [output],
      attribute: attributeProtos({ epsilon: { float: norm.eps } }),
    });
    return output;
  }

  /** The finished graph. */
  build(): Graph {
    return {
      weights: this.weights,
      model: {
        irVersion,
        producerName: "normlens",
        opsetImport: [{ domain: "", version: opset }],
        graph: {
          name: this.name,
          node: this.nodes,
          input: this.inputs,
          output: this.outputs,
          initializer: this.initializers,
        },
      },
    };
  }

  private gain({ weight, weightOffset, channels = 1 }: NormSpecification): Value {
    if (!weight) return this.floats(`ones_${channels}`, [channels], () => new Float32Array(channels).fill(1));
    const gain = weightOffset === undefined ? this.weight(weight) : this.add(this.weight(weight), this.float(weightOffset));
    // Runtimes on GPUs take no norm whose one gain stands for all channels.
    return elementCount(weight.shape) === 1 && channels > 1 ? this.op("Expand", [gain, this.ints([channels])]) : gain;
  }

  private stored(reference: TensorReference): Value {
    if (this.weights.has(reference.name)) return reference.name;
    const dataType = elementTypes[reference.dtype];
    if (dataType === undefined) throw new Error(`No ONNX element type for ${reference.dtype}.`);
    this.weights.set(reference.name, reference);
    this.initializers.push({ name: reference.name, dataType, dims: [...reference.shape] });
    return reference.name;
  }

  private constant(name: string, create: () => onnx.ITensorProto): Value {
    return this.once(name, () => {
      this.initializers.push({ ...create(), name });
      return name;
    });
  }

  private once(key: string, create: () => Value): Value {
    const known = this.constants.get(key) ?? create();
    this.constants.set(key, known);
    return known;
  }
}
