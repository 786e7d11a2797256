import type { onnx } from "onnx-proto";
import { intAttribute } from "../attributes";
import type { Value } from "../graph";
import { inputsOf } from "../prune";

/** Operators whose result does not change when what goes in changes a little, or is no number that could. */
const flat: ReadonlySet<string> = new Set([
  "Shape", "Size", "ArgMax", "ArgMin", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "And", "Or", "Xor", "Sign", "Floor", "Ceil", "Round", "NonZero", "IsNaN", "IsInf", "OneHot", "TopK",
]);

/** ONNX's numbers of the float types: float32, float16, float64, bfloat16. */
const floats: ReadonlySet<number> = new Set([1, 10, 11, 16]);

/** The values of a graph that change smoothly with some of its values, these included. */
export function activeValues(graph: onnx.IGraphProto, from: readonly Value[]): ReadonlySet<Value> {
  const active = new Set(from);
  for (const node of graph.node ?? []) {
    if (isFlat(node) || !inputsOf(node).some((input) => active.has(input))) continue;
    for (const output of node.output ?? []) if (output !== "") active.add(output);
  }
  return active;
}

function isFlat(node: onnx.INodeProto): boolean {
  const opType = node.opType ?? "";
  return flat.has(opType) || (opType === "Cast" && !floats.has(intAttribute(node, "to", 0)));
}
