import { onnx } from "onnx-proto";
import { quote } from "../checkpoint/quote";
import type { Graph, Value } from "./graph";

const { DataType } = onnx.TensorProto;

/** What an input is fed as: the graph's own type is cast from it where it is another one. */
export type FeedType = "float32" | "int64";

/** An input of a graph as its declaration states it. */
export interface DeclaredInput {
  readonly name: Value;
  readonly type: FeedType;
  /** Numbers, or names of sizes that vary; "" for a size without a name. */
  readonly shape: readonly (number | string)[];
}

const feedTypes: Readonly<Record<number, FeedType>> = {
  [DataType.FLOAT]: "float32",
  [DataType.FLOAT16]: "float32",
  [DataType.BFLOAT16]: "float32",
  [DataType.DOUBLE]: "float32",
  [DataType.INT64]: "int64",
  [DataType.INT32]: "int64",
  [DataType.INT16]: "int64",
  [DataType.INT8]: "int64",
  [DataType.UINT8]: "int64",
  [DataType.UINT16]: "int64",
  [DataType.UINT32]: "int64",
  [DataType.UINT64]: "int64",
  [DataType.BOOL]: "int64",
};

/** Ending of the name under which a value stands in a graph whose input of that name is cast first. */
const declared = "__declared";

/**
 * The same graph, which takes float32 or int64 under the names of its inputs and casts them to the types that it declared.
 * @throws where an input is no tensor of numbers.
 */
export function castFeeds(graph: Graph): { graph: Graph; inputs: DeclaredInput[] } {
  const own = graph.model.graph ?? {};
  const inputs = (own.input ?? []).map(declaration);
  const other = (own.input ?? []).filter((input) => !isFedAsItIs(input));
  if (other.length === 0) return { graph, inputs };
  const renamed = new Map(other.map(({ name }) => [name ?? "", `${name ?? ""}${declared}`]));
  const casts = other.map(({ name, type }): onnx.INodeProto => ({
    ...{ opType: "Cast", name: `${name ?? ""}${declared}`, input: [name ?? ""], output: [renamed.get(name ?? "")!] },
    attribute: [{ name: "to", type: onnx.AttributeProto.AttributeType.INT, i: type?.tensorType?.elemType ?? 0 }],
  }));
  const input = (own.input ?? []).map((one, index) => (renamed.has(one.name ?? "") ? fed(one, inputs[index]!) : one));
  const node = [...casts, ...(own.node ?? []).map((one) => takingFrom(one, renamed))];
  return { graph: { ...graph, model: { ...graph.model, graph: { ...own, input, node } } }, inputs };
}

function isFedAsItIs({ type }: onnx.IValueInfoProto): boolean {
  return type?.tensorType?.elemType === DataType.FLOAT || type?.tensorType?.elemType === DataType.INT64;
}

function declaration({ name, type }: onnx.IValueInfoProto): DeclaredInput {
  const feedType = feedTypes[type?.tensorType?.elemType ?? 0];
  if (feedType === undefined) throw new Error(`its input ${quote(name ?? "")} is no tensor of numbers`);
  const shape = (type?.tensorType?.shape?.dim ?? []).map(({ dimValue, dimParam }) => (Number(dimValue ?? 0) > 0 ? Number(dimValue) : (dimParam ?? "")));
  return { name: name ?? "", type: feedType, shape };
}

function fed(input: onnx.IValueInfoProto, { type }: DeclaredInput): onnx.IValueInfoProto {
  return { ...input, type: { tensorType: { ...input.type?.tensorType, elemType: type === "float32" ? DataType.FLOAT : DataType.INT64 } } };
}

/** A node with some of its inputs under other names, in the graphs inside it too. */
function takingFrom(node: onnx.INodeProto, names: ReadonlyMap<Value, Value>): onnx.INodeProto {
  const attribute = (node.attribute ?? []).map((one) => (one.g ? { ...one, g: { ...one.g, node: (one.g.node ?? []).map((inner) => takingFrom(inner, names)) } } : one));
  return { ...node, attribute, input: (node.input ?? []).map((value) => names.get(value) ?? value) };
}
