import type { onnx } from "onnx-proto";
import type { Graph, Value } from "../graph";
import { constantsOf, type Constants } from "./constants";

/** A graph as those see it who look for norms in it. */
export interface GraphView {
  readonly nodes: readonly onnx.INodeProto[];
  /** The node that gives a value; undefined for inputs and initializers. */
  producer(value: Value | null | undefined): onnx.INodeProto | undefined;
  /** The nodes that take a value. */
  consumers(value: Value): readonly onnx.INodeProto[];
  /** True for a value that is fed, or is a fed one cast or in another shape. */
  isFed(value: Value): boolean;
  readonly constants: Constants;
}

/** Operators that hand a fed value on without computing with it. */
const shaping: readonly string[] = ["Cast", "Identity", "Reshape", "Transpose", "Unsqueeze", "Squeeze"];

/** Longest chain of such operators that is followed. */
const longestChain = 32;

/** Indexes a graph once, so that looking around in it is cheap. */
export function viewOf(graph: Graph): GraphView {
  const nodes = graph.model.graph?.node ?? [];
  const producers = new Map<Value, onnx.INodeProto>();
  const consumers = new Map<Value, onnx.INodeProto[]>();
  for (const node of nodes) {
    for (const output of node.output ?? []) if (output !== "") producers.set(output, node);
    for (const input of new Set(node.input ?? [])) {
      const known = consumers.get(input);
      if (known) known.push(node);
      else consumers.set(input, [node]);
    }
  }
  const inputs = new Set((graph.model.graph?.input ?? []).map(({ name }) => name ?? ""));
  const producer = (value: Value | null | undefined): onnx.INodeProto | undefined => producers.get(value ?? "");
  const isFed = (value: Value, steps = 0): boolean => {
    const node = producers.get(value);
    return node ? steps < longestChain && shaping.includes(node.opType ?? "") && isFed(node.input?.[0] ?? "", steps + 1) : inputs.has(value);
  };
  return {
    nodes,
    producer,
    consumers: (value) => consumers.get(value) ?? [],
    isFed: (value) => isFed(value),
    constants: constantsOf(graph, producer),
  };
}

/** The first output of a node. */
export function outputOf(node: onnx.INodeProto): Value {
  return node.output?.[0] ?? "";
}

/** Both inputs of a node that takes two, in their order. */
export function pairOf(node: onnx.INodeProto): readonly [Value, Value] {
  return [node.input?.[0] ?? "", node.input?.[1] ?? ""];
}

/** The two inputs of a node, either way round: for operators that commute. */
export function eitherWay(node: onnx.INodeProto): readonly (readonly [Value, Value])[] {
  const [a, b] = pairOf(node);
  return [[a, b], [b, a]];
}
