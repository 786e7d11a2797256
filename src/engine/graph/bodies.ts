import type { onnx } from "onnx-proto";

/** The graphs inside a node: the branches of an `If`, the body of a `Loop` or `Scan`. */
export function bodiesOf({ attribute }: onnx.INodeProto): onnx.IGraphProto[] {
  return (attribute ?? []).flatMap(({ g }) => (g ? [g] : []));
}

/** The same node with each graph inside it changed. */
export function withBodies(node: onnx.INodeProto, change: (body: onnx.IGraphProto) => onnx.IGraphProto): onnx.INodeProto {
  if (bodiesOf(node).length === 0) return node;
  return { ...node, attribute: (node.attribute ?? []).map((one) => (one.g ? { ...one, g: change(one.g) } : one)) };
}

/** The same nodes, changed where they stand and in every body inside them. */
export function everywhere(nodes: readonly onnx.INodeProto[], change: (nodes: readonly onnx.INodeProto[]) => onnx.INodeProto[]): onnx.INodeProto[] {
  return change(nodes).map((node) => withBodies(node, (body) => ({ ...body, node: everywhere(body.node ?? [], change) })));
}

/** All nodes in one list, those of bodies in front of the node that they are in. */
export function flattened(nodes: readonly onnx.INodeProto[]): onnx.INodeProto[] {
  return nodes.flatMap((node) => [...bodiesOf(node).flatMap((body) => flattened(body.node ?? [])), node]);
}
