import { onnx } from "onnx-proto";

const { AttributeType } = onnx.AttributeProto;

/** An ONNX attribute's value; ONNX tells integers from floats, JavaScript does not. */
export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly string: string };

/** Attributes of a node by name, as ONNX stores them. */
export function attributeProtos(attributes: Readonly<Record<string, Attribute>>): onnx.IAttributeProto[] {
  return Object.entries(attributes).map(([name, value]) => {
    if ("int" in value) return { name, type: AttributeType.INT, i: value.int };
    if ("ints" in value) return { name, type: AttributeType.INTS, ints: [...value.ints] };
    if ("float" in value) return { name, type: AttributeType.FLOAT, f: value.float };
    return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value.string) };
  });
}

/** A float attribute of a node, or the operator's default where the node does not state it. */
export function floatAttribute(node: onnx.INodeProto, name: string, otherwise: number): number {
  return node.attribute?.find((attribute) => attribute.name === name)?.f ?? otherwise;
}

/** An integer attribute of a node, or the operator's default where the node does not state it. */
export function intAttribute(node: onnx.INodeProto, name: string, otherwise: number): number {
  const value: unknown = node.attribute?.find((attribute) => attribute.name === name)?.i;
  return value === undefined || value === null ? otherwise : Number(value);
}
