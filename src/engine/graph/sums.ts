import type { onnx } from "onnx-proto";
import { sumOutput } from "./find/fused";

/** The same nodes, in which each fused norm that adds its inputs hands the sum on too: that is what it normalises. */
export function handSumsOn(nodes: readonly onnx.INodeProto[]): onnx.INodeProto[] {
  return nodes.map((node) => {
    const position = sumOutput(node);
    if (position === undefined || (node.output?.[position] ?? "") !== "") return node;
    const output = Array.from({ length: position + 1 }, (_, index) => node.output?.[index] ?? "");
    output[position] = `${output[0]!}__sum`;
    return { ...node, output };
  });
}
