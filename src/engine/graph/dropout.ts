import type { onnx } from "onnx-proto";

/** Nodes whose dropout does nothing, as in use: a graph that was exported in training mode would drop values at random in every run. */
export function withoutDropout(nodes: readonly onnx.INodeProto[]): onnx.INodeProto[] {
  return nodes.map((node) => (isOfTraining(node) ? { ...node, input: node.input!.slice(0, 1) } : node));
}

/** Number of nodes that {@link withoutDropout} changes. */
export function countDropout(nodes: readonly onnx.INodeProto[]): number {
  return nodes.filter(isOfTraining).length;
}

/** The third input says whether the graph is being trained (since opset 12); it is off where it is absent. */
function isOfTraining({ opType, input }: onnx.INodeProto): boolean {
  return opType === "Dropout" && (input?.[2] ?? "") !== "";
}
