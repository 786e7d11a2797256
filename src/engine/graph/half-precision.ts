import { onnx } from "onnx-proto";
import type { NormNode } from "./norms";
import type { Graph, Value } from "./graph";

const { DataType } = onnx.TensorProto;
const others: readonly number[] = [DataType.FLOAT16, DataType.BFLOAT16, DataType.DOUBLE];

/** The same graph, in which the inputs of norms are float32 for those who look, whatever the type in which the norms compute. */
export function withFloat32Taps(graph: Graph, norms: readonly NormNode[]): { graph: Graph; norms: NormNode[] } {
  if (!holdsOtherFloats(graph)) return { graph, norms: [...norms] };
  const taps = new Map<Value, Value>(norms.map(({ input }) => [input, `${input}__float32`]));
  const casts = [...taps].map(([input, output]): onnx.INodeProto => ({
    ...{ opType: "Cast", name: output, input: [input], output: [output] },
    attribute: [{ name: "to", type: onnx.AttributeProto.AttributeType.INT, i: DataType.FLOAT }],
  }));
  const own = graph.model.graph ?? {};
  return {
    graph: { ...graph, model: { ...graph.model, graph: { ...own, node: [...(own.node ?? []), ...casts] } } },
    norms: norms.map((norm) => ({ ...norm, input: taps.get(norm.input)! })),
  };
}

/** Whether a graph computes in other floating-point types than float32, as far as its weights and casts tell. */
export function holdsOtherFloats({ model }: Graph): boolean {
  const { initializer, node } = model.graph ?? {};
  const isCast = ({ opType, attribute }: onnx.INodeProto): boolean => opType === "Cast" && others.includes(Number(attribute?.find(({ name }) => name === "to")?.i ?? 0));
  return (initializer ?? []).some(({ dataType }) => others.includes(dataType ?? 0)) || (node ?? []).some(isCast);
}
