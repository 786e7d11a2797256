import { onnx } from "onnx-proto";
import type { TensorReference } from "../checkpoint/checkpoint";

/**
 * An ONNX graph whose weights stay in the checkpoint's files.
 * `weights` names the initializers that are to be read from there: their TensorProto states dtype and shape only.
 */
export interface Graph {
  readonly model: onnx.IModelProto;
  readonly weights: ReadonlyMap<string, TensorReference>;
}

/** Name of a value that flows through a graph: a graph input, an initializer or a node's output. */
export type Value = string;

/** Element types that cross a graph's boundary. */
export type ValueType = "float32" | "int64";

const { DataType } = onnx.TensorProto;

const elementTypes: Readonly<Record<ValueType, number>> = { float32: DataType.FLOAT, int64: DataType.INT64 };

/** Declares a graph input or output; a named dimension varies from run to run, no shape at all means any. */
export function valueInfo(name: Value, type: ValueType, shape?: readonly (number | string)[]): onnx.IValueInfoProto {
  const dimensions = shape?.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return {
    name,
    type: { tensorType: { elemType: elementTypes[type], ...(dimensions && { shape: { dim: dimensions } }) } },
  };
}

/** Names of all values of a graph, fed, held or computed: what is added needs others. */
export function takenNames({ node, initializer, input }: onnx.IGraphProto): Set<Value> {
  return new Set([...(node ?? []).flatMap(({ output }) => output ?? []), ...[...(initializer ?? []), ...(input ?? [])].map(({ name }) => name ?? "")]);
}

/** Version of ONNX's own operators that a graph is written in. */
export function operatorSetOf({ model }: Graph): number {
  return Number(model.opsetImport?.find(({ domain }) => (domain ?? "") === "" || domain === "ai.onnx")?.version ?? 1);
}

/** Names of the values that a graph must be fed. */
export function inputNames(graph: Graph): string[] {
  return (graph.model.graph?.input ?? []).map((input) => input.name ?? "");
}

/** Names of the values that a graph hands on; taps that were added are among them. */
export function outputNames(graph: Graph): string[] {
  return (graph.model.graph?.output ?? []).map((output) => output.name ?? "");
}

/** The same graph, which also hands out these values. */
export function withOutputs(graph: Graph, values: readonly Value[], type: ValueType = "float32"): Graph {
  const { model } = graph;
  const output = [...(model.graph?.output ?? []), ...values.map((value) => valueInfo(value, type))];
  return { ...graph, model: { ...model, graph: { ...model.graph, output } } };
}

/** The same graph, whose outputs have other names. */
export function withOutputNames(graph: Graph, rename: (name: Value) => Value): Graph {
  const { model } = graph;
  const own = model.graph ?? {};
  const outputs = new Set(outputNames(graph));
  const renamed = (value: Value): Value => (outputs.has(value) ? rename(value) : value);
  const node = (own.node ?? []).map((one) => ({ ...one, input: (one.input ?? []).map(renamed), output: (one.output ?? []).map(renamed) }));
  const output = (own.output ?? []).map((one) => ({ ...one, name: rename(one.name ?? "") }));
  return { ...graph, model: { ...model, graph: { ...own, node, output } } };
}
