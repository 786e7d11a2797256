import type { onnx } from "onnx-proto";
import type { TensorReference } from "../../checkpoint/checkpoint";
import { quote } from "../../checkpoint/quote";
import type { Graph, Value } from "../graph";
import { constantTensor, sizesOf } from "./constant";
import { elementType, storedType, typeName } from "./element-types";
import { extentOf, holders, namedOperators, placeOf } from "./extent";
import { attribute, nodeOf, type FlatGraph, type FlatNode, type TensorName } from "./flatten";
import type { Signature, TensorInfo } from "./messages";
import { TensorflowNode, type Translation } from "./node";
import { translations } from "./operators/operators";
import { OnnxWriter } from "./writer";

/** A tensor of whole numbers whose elements stand for `scale` times themselves plus `min`. */
export interface QuantisedTensor {
  readonly reference: TensorReference;
  readonly scale: number;
  readonly min: number;
}

/** The value of a variable or constant: a place in a file, or a tensor that was read. */
export type Held = TensorReference | QuantisedTensor | onnx.ITensorProto;

/** Where a graph's weights come from: the value of a node that is a variable or a constant; undefined for constants that stand in the node itself. */
export type Stored = (node: FlatNode) => Held | undefined;

/** A graph as ONNX. */
export interface Translated {
  readonly graph: Graph;
  /** What was left out of it: a sentence for the user; absent where it is whole. */
  readonly leftOut?: string;
}

/**
 * The part of a graph of TensorFlow between the inputs and outputs of a signature, as an ONNX graph that takes and gives values of the signature's names.
 * Integers are int64 in it. Outputs that are no numbers are left out; one with the name of an input is called "NAME:output".
 * @throws where the graph is damaged, or has an operator that is not known and may lie before a norm.
 */
export function translate(flat: FlatGraph, signature: Signature, stored: Stored): Translated {
  const inputs = Object.entries(signature.inputs).filter(([, info]) => flat.nodes.has(nodeOf(placeOf(info))));
  const stated = Object.entries(signature.outputs).filter(([, { dtype }]) => elementType(dtype)).map(([name, info]) => [Object.hasOwn(signature.inputs, name) ? `${name}:output` : name, info] as const);
  if (stated.length === 0) throw new Error("it gives no numbers");
  const fed = new Map(inputs.map(([name, info]) => [flat.resolve(placeOf(info)), name]));
  const { nodes, outputs, unknown } = extentOf(flat, stated);
  const writer = new OnnxWriter(new Set([...inputs, ...outputs].map(([name]) => name)));
  const values = new Map<TensorName, Value>();
  for (const node of nodes) {
    writer.enter(node.name);
    const given = fed.get(`${node.name}:0`);
    const results = given === undefined ? resultsOf(node, values, writer, stored) : [given];
    for (const [index, value] of results.entries()) values.set(`${node.name}:${index}`, value);
  }
  for (const [name, info] of outputs) writer.called(valueOf(values, flat.resolve(placeOf(info))), name);
  const graph = writer.finish("", inputs.map(([name, info]) => declaration(name, info)), outputs.map(([name, info]) => declaration(name, info)));
  if (unknown.length === 0) return { graph };
  return { graph, leftOut: `What lies behind ${namedOperators(unknown)} of the graph, which NormLens can't translate, was left out: it gives ${outputs.map(([name]) => quote(name)).join(", ")} instead.` };
}

function resultsOf(node: FlatNode, values: ReadonlyMap<TensorName, Value>, writer: OnnxWriter, stored: Stored): readonly Value[] {
  if (holders.includes(node.op)) return [heldValue(node, writer, stored)];
  if (node.op === "Placeholder") throw new Error(`it takes a value ${quote(node.name)} that its signature does not name`);
  const translation: Translation | undefined = translations[node.op];
  if (!translation) return [];
  return [translation(new TensorflowNode(node, node.inputs.map((input) => valueOf(values, input)), writer), writer)].flat();
}

function valueOf(values: ReadonlyMap<TensorName, Value>, name: TensorName): Value {
  const value = values.get(name);
  if (value !== undefined) return value;
  throw new Error(`it uses the value ${quote(name)}, an output that NormLens can't translate`);
}

function heldValue(node: FlatNode, writer: OnnxWriter, stored: Stored): Value {
  const held = stored(node);
  if (held && "file" in held) return writer.weight(held, storedType(held.dtype).type, computedType(node, held));
  if (held && "reference" in held) return dequantised(held, node, writer);
  const message = held ? undefined : attribute(node.attr, "value")?.tensor;
  const tensor = held ?? (message && constantTensor(message, node.name));
  if (!tensor) throw new Error(`nothing was saved for its ${node.op === "Const" ? "constant" : "variable"} ${quote(node.name)}`);
  return writer.named(held?.name ?? node.name, tensor);
}

/** What the node says, which is another type than the stored one where that is quantised. */
function computedType(node: FlatNode, { dtype }: TensorReference): number {
  return elementType(attribute(node.attr, "dtype")?.type)?.computed ?? storedType(dtype).computed;
}

function dequantised({ reference, scale, min }: QuantisedTensor, node: FlatNode, writer: OnnxWriter): Value {
  const type = attribute(node.attr, "dtype")?.type;
  const stored = writer.weight(reference, storedType(reference.dtype).type, computedType(node, reference));
  return writer.op("Add", [writer.op("Mul", [stored, writer.number(scale, type)]), writer.number(min, type)]);
}

function declaration(name: string, { dtype, tensorShape }: TensorInfo): onnx.IValueInfoProto {
  const type = elementType(dtype);
  if (!type) throw new Error(`its input ${quote(name)} is of type ${typeName(dtype)}, which is no number`);
  const dim = sizesOf(tensorShape).map((size) => (size === undefined ? { dimParam: "" } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: type.computed, ...(tensorShape && tensorShape.unknownRank !== true && { shape: { dim } }) } } };
}
