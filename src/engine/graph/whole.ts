import { onnx } from "onnx-proto";
import { attributeProtos } from "./attributes";
import { valueInfo, type Graph, type Value } from "./graph";
import { inputValues, type NormNode } from "./norms";
import { inputsOf, prunedTo } from "./prune";

const { DataType } = onnx.TensorProto;
const floats: readonly number[] = [DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16, DataType.DOUBLE];

/**
 * The part of a graph that gives its numbers, as float32 under the names of its outputs, and what its norms read; undefined where it gives none that the feeds suffice for.
 * @param feeds names of the inputs that are fed
 */
export function wholeGraph(graph: Graph, norms: readonly NormNode[], feeds: ReadonlySet<Value>): Graph | undefined {
  const own = graph.model.graph ?? {};
  const given = (own.output ?? []).filter(({ type }) => floats.includes(type?.tensorType?.elemType ?? 0));
  const suffices = dependingOn(own, feeds);
  const outputs = given.filter(({ name }) => suffices(name ?? ""));
  if (outputs.length === 0) return undefined;
  const names = outputs.map(({ name }) => name ?? "");
  const cast = new Set(outputs.filter(({ type }) => type?.tensorType?.elemType !== DataType.FLOAT).map(({ name }) => name ?? ""));
  const pruned = prunedTo(graph, [...names, ...norms.flatMap(inputValues)]);
  const inner = pruned.model.graph ?? {};
  const renamed = (value: Value): Value => (cast.has(value) ? `${value}__given` : value);
  const node = cast.size === 0 ? (inner.node ?? []) : [
    ...(inner.node ?? []).map((one) => ({ ...one, input: (one.input ?? []).map(renamed), output: (one.output ?? []).map(renamed) })),
    ...[...cast].map((name): onnx.INodeProto => ({ opType: "Cast", name, input: [renamed(name)], output: [name], attribute: attributeProtos({ to: { int: DataType.FLOAT } }) })),
  ];
  return { ...pruned, model: { ...pruned.model, graph: { ...inner, node, output: names.map((name) => valueInfo(name, "float32")) } } };
}

/** Whether a value needs no other inputs than these. */
function dependingOn({ node, input, initializer }: onnx.IGraphProto, feeds: ReadonlySet<Value>): (value: Value) => boolean {
  const stored = new Set((initializer ?? []).map(({ name }) => name ?? ""));
  const missing = new Set((input ?? []).map(({ name }) => name ?? "").filter((name) => !stored.has(name) && !feeds.has(name)));
  for (const one of node ?? []) {
    if (inputsOf(one).some((value) => missing.has(value))) for (const output of one.output ?? []) missing.add(output);
  }
  return (value) => !missing.has(value);
}
