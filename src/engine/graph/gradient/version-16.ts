import { onnx } from "onnx-proto";
import { bytesOf } from "../../bytes-of";
import { intAttribute } from "../attributes";
import { everywhere } from "../bodies";
import { operatorSetOf, takenNames, type Graph, type Value } from "../graph";
import { NoGradientError } from "./rule";

const { DataType } = onnx.TensorProto;
const { AttributeType } = onnx.AttributeProto;

/** The version of ONNX's operators that gradients are written in. */
const version = 16;

/** Attributes that are inputs in version 16, by operator: those behind its first, in this order. */
const inputsNow: Readonly<Record<string, readonly string[]>> = {
  ReduceSum: ["axes"],
  Squeeze: ["axes"],
  Unsqueeze: ["axes"],
  Split: ["split"],
  Slice: ["starts", "ends", "axes"],
  Pad: ["pads", "value"],
  Clip: ["min", "max"],
  TopK: ["k"],
};

/** Operators that were over all axes from one on, which are over one axis in version 16. */
const overOneAxisNow: readonly string[] = ["Softmax", "LogSoftmax", "Hardmax"];

/** Operators that mean something else in version 16, or are none any more, by the last version in which they were what they were. */
const changed: Readonly<Record<string, number>> = { Upsample: 9, Resize: 10, Scan: 8, BatchNormalization: 8, RoiAlign: 15 };

/**
 * The same graph in version 16 of ONNX's operators, or as it is where it is in a later one.
 * @throws NoGradientError where it has an operator that can't be written in it.
 */
export function inVersion16(graph: Graph): Graph {
  const before = operatorSetOf(graph);
  if (before >= version) return graph;
  const own = graph.model.graph ?? {};
  const constants = new Constants(own);
  const rewritten = (node: onnx.INodeProto): onnx.INodeProto[] => {
    const opType = node.opType ?? "";
    if ((node.domain ?? "") !== "" && node.domain !== "ai.onnx") return [node];
    if (before <= (changed[opType] ?? 0)) throw new NoGradientError(opType);
    if (overOneAxisNow.includes(opType)) return overLastAxis(node);
    // How many values it would drop in training does not matter here.
    if (opType === "Dropout") return [{ ...node, attribute: [] }];
    if (opType === "Scatter") return [{ ...node, opType: "ScatterElements" }];
    return [withInputs(node, inputsNow[opType] ?? [], constants)];
  };
  const node = everywhere(own.node ?? [], (nodes) => nodes.flatMap(rewritten));
  const opsetImport = (graph.model.opsetImport ?? []).map((one) => ((one.domain ?? "") === "" || one.domain === "ai.onnx" ? { ...one, version } : one));
  return { ...graph, model: { ...graph.model, opsetImport, graph: { ...own, node, initializer: [...(own.initializer ?? []), ...constants.initializers] } } };
}

/** The same node, which takes some of its attributes as inputs. */
function withInputs(node: onnx.INodeProto, names: readonly string[], constants: Constants): onnx.INodeProto {
  const attributes = node.attribute ?? [];
  const moved = names.map((name) => attributes.find((one) => one.name === name));
  const last = moved.findLastIndex((one) => one !== undefined);
  if (last < 0) return node;
  const added = moved.slice(0, last + 1).map((one) => (one ? constants.of(one, node.output?.[0] ?? "") : ""));
  return { ...node, input: [node.input?.[0] ?? "", ...added], attribute: attributes.filter((one) => !moved.includes(one)) };
}

/** Over all axes from one on, as over the last of the same rows. */
function overLastAxis(node: onnx.INodeProto): onnx.INodeProto[] {
  const [input, output] = [node.input?.[0] ?? "", node.output?.[0] ?? ""];
  const [flat, bent, shape] = ["flat", "bent", "sizes"].map((step) => `${output}/${step}`) as [Value, Value, Value];
  const integer = (name: string, i: number): onnx.IAttributeProto => ({ name, type: AttributeType.INT, i });
  const axis = intAttribute(node, "axis", 1);
  const overLast = { ...node, attribute: [integer("axis", -1)] };
  if (axis === -1) return [overLast];
  return [
    { opType: "Flatten", name: flat, input: [input], output: [flat], attribute: [integer("axis", axis)] },
    { ...overLast, input: [flat], output: [bent] },
    { opType: "Shape", name: shape, input: [input], output: [shape] },
    { opType: "Reshape", name: `${output}/whole`, input: [bent, shape], output: [output] },
  ];
}

/** Initializers for what attributes held. */
class Constants {
  readonly initializers: onnx.ITensorProto[] = [];
  private readonly taken: Set<Value>;

  constructor(graph: onnx.IGraphProto) {
    this.taken = takenNames(graph);
  }

  of({ name, type, f, i, ints }: onnx.IAttributeProto, output: Value): Value {
    let value = `${output}/${name ?? ""}`;
    while (this.taken.has(value)) value = `${value}_`;
    this.taken.add(value);
    const whole = type === AttributeType.INTS ? (ints ?? []).map(Number) : [Number(i ?? 0)];
    this.initializers.push(type === AttributeType.FLOAT
      ? { name: value, dataType: DataType.FLOAT, dims: [], rawData: bytesOf(Float32Array.of(f ?? 0)) }
      : { name: value, dataType: DataType.INT64, dims: [whole.length], rawData: bytesOf(BigInt64Array.from(whole, BigInt)) });
    return value;
  }
}
