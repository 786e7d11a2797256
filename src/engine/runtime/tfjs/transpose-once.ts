import type { Value } from "../../graph/graph";
import { readNode, type GraphNode } from "./node";

/** Gemm nodes whose right side is a constant to be transposed, with that done by a node of its own: constant, it runs once. */
export function transposeOnce(nodes: readonly GraphNode[], constants: Set<Value>): GraphNode[] {
  const transposed = new Set<Value>();
  return nodes.flatMap((node) => {
    const [a, weight, ...rest] = node.inputs;
    if (node.opType !== "Gemm" || node.int("transB", 0) !== 1 || !constants.has(weight!)) return [node];
    const turned = `${weight}, transposed`;
    const gemm: GraphNode = { ...node, inputs: [a!, turned, ...rest], int: (name, otherwise) => (name === "transB" ? 0 : node.int(name, otherwise)) };
    if (transposed.has(turned)) return [gemm];
    transposed.add(turned);
    constants.add(turned);
    return [readNode({ opType: "Transpose", input: [weight!], output: [turned] }, node.opset), gemm];
  });
}
