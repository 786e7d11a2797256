import type { onnx } from "onnx-proto";
import type { Value } from "../../graph/graph";

/** A node with its attributes read; ONNX's defaults are stated where they are asked for. */
export interface GraphNode {
  readonly opType: string;
  /** "" where an optional input is left out. */
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Version of the operator set that the node is written in. */
  readonly opset: number;
  has(attribute: string): boolean;
  int<Otherwise>(attribute: string, otherwise: Otherwise): number | Otherwise;
  float<Otherwise>(attribute: string, otherwise: Otherwise): number | Otherwise;
  string<Otherwise>(attribute: string, otherwise: Otherwise): string | Otherwise;
  ints<Otherwise>(attribute: string, otherwise: Otherwise): number[] | Otherwise;
  floats<Otherwise>(attribute: string, otherwise: Otherwise): number[] | Otherwise;
  tensor(attribute: string): onnx.ITensorProto | undefined;
}

/** Reads a node of a model. */
export function readNode(proto: onnx.INodeProto, opset: number): GraphNode {
  const attributes = new Map((proto.attribute ?? []).map((attribute) => [attribute.name ?? "", attribute]));
  const read = <Found, Otherwise>(name: string, otherwise: Otherwise, value: (attribute: onnx.IAttributeProto) => Found): Found | Otherwise => {
    const attribute = attributes.get(name);
    return attribute ? value(attribute) : otherwise;
  };
  return {
    opType: proto.opType ?? "",
    inputs: proto.input ?? [],
    outputs: proto.output ?? [],
    opset,
    has: (name) => attributes.has(name),
    int: (name, otherwise) => read(name, otherwise, ({ i }) => Number(i)),
    float: (name, otherwise) => read(name, otherwise, ({ f }) => Number(f)),
    string: (name, otherwise) => read(name, otherwise, ({ s }) => new TextDecoder().decode(s ?? undefined)),
    ints: (name, otherwise) => read(name, otherwise, ({ ints }) => (ints ?? []).map(Number)),
    floats: (name, otherwise) => read(name, otherwise, ({ floats }) => [...(floats ?? [])]),
    tensor: (name) => attributes.get(name)?.t ?? undefined,
  };
}
