import { onnx } from "onnx-proto";
import { intAttribute } from "./attributes";
import type { Graph, Value } from "./graph";

const { DataType } = onnx.TensorProto;
const floats: readonly number[] = [DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16, DataType.DOUBLE];

/** Operators whose output has the type of another input than the first. */
const typedBy: Readonly<Record<string, number>> = {
  CastLike: 1,
  Where: 1,
  DequantizeLinear: 1,
  RMSNormalization: 1,
  SimplifiedLayerNormalization: 1,
  OneHot: 2,
  EmbedLayerNormalization: 2,
};

/**
 * The element type of a floating-point value of a graph, a number of onnx's DataType: what the graph declares, what a cast or a constant makes it, else that of what it is computed
 * from, since operators on floats keep their type. Undefined where nothing tells.
 */
export function elementTypeIn({ model }: Graph): (value: Value) => number | undefined {
  const { node, initializer, input, output, valueInfo } = model.graph ?? {};
  const producers = new Map((node ?? []).flatMap((one) => (one.output ?? []).map((value) => [value, one] as const)));
  const declared = new Map<Value, number>([
    ...[...(valueInfo ?? []), ...(input ?? []), ...(output ?? [])].map(({ name, type }) => [name ?? "", type?.tensorType?.elemType ?? 0] as const),
    ...(initializer ?? []).map(({ name, dataType }) => [name ?? "", dataType ?? 0] as const),
  ]);
  return (value) => {
    const passed = new Set<Value>();
    for (let at: Value | undefined = value; at !== undefined && !passed.has(at); at = typingInput(producers.get(at))) {
      passed.add(at);
      const type = declared.get(at) || statedBy(producers.get(at));
      if (type) return floats.includes(type) ? type : undefined;
    }
    return undefined;
  };
}

/** The input that a node's output has the type of. */
function typingInput(node: onnx.INodeProto | undefined): Value | undefined {
  return node?.input?.[typedBy[node.opType ?? ""] ?? 0];
}

/** The type that a node states of what it gives; 0 where it states none. */
function statedBy(node: onnx.INodeProto | undefined): number {
  if (node?.opType === "Cast") return intAttribute(node, "to", 0);
  const tensor = node?.attribute?.find(({ name }) => name === "value")?.t;
  return tensor?.dataType ?? (node?.attribute?.some(({ name }) => name === "value_float" || name === "value_floats") === true ? DataType.FLOAT : 0);
}
