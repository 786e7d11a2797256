import { onnx } from "onnx-proto";
import { attributeProtos } from "./attributes";
import { elementTypeIn } from "./element-type";
import type { NormNode } from "./norms";
import type { Graph, Value } from "./graph";

const { DataType } = onnx.TensorProto;
const float32: number = DataType.FLOAT;
const others: readonly number[] = [DataType.FLOAT16, DataType.BFLOAT16, DataType.DOUBLE];

/**
 * The same graph, in which the inputs of norms are float32 for those who look, whatever the type in which the norms compute; the norms know the type of what they give. What branches and loops
 * hand out is float32 already.
 */
export function withFloat32Taps(graph: Graph, norms: readonly NormNode[]): { graph: Graph; norms: NormNode[] } {
  if (!holdsOtherFloats(graph)) return { graph, norms: [...norms] };
  const taps = new Map<Value, Value>(norms.filter(({ sizes }) => sizes === undefined).map(({ input }) => [input, `${input}__float32`]));
  const cast = (input: Value): onnx.INodeProto[] => {
    const output = taps.get(input);
    return output === undefined ? [] : [{ opType: "Cast", name: output, input: [input], output: [output], attribute: attributeProtos({ to: { int: DataType.FLOAT } }) }];
  };
  const typeOf = elementTypeIn(graph);
  const own = graph.model.graph ?? {};
  const node = [...(own.input ?? []).flatMap(({ name }) => cast(name ?? "")), ...(own.node ?? []).flatMap((one) => [one, ...(one.output ?? []).flatMap(cast)])];
  return {
    graph: { ...graph, model: { ...graph.model, graph: { ...own, node } } },
    norms: norms.map((norm) => {
      const tap = taps.get(norm.input);
      const outputType = typeOf(norm.output) ?? typeOf(norm.input) ?? float32;
      return tap === undefined ? norm : { ...norm, input: tap, ...(outputType !== float32 && { outputType }) };
    }),
  };
}

function holdsOtherFloats({ model }: Graph): boolean {
  const { initializer, node } = model.graph ?? {};
  const isCast = ({ opType, attribute }: onnx.INodeProto): boolean => opType === "Cast" && others.includes(Number(attribute?.find(({ name }) => name === "to")?.i ?? 0));
  return (initializer ?? []).some(({ dataType }) => others.includes(dataType ?? 0)) || (node ?? []).some(isCast);
}
