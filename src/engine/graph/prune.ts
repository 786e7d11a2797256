import type { onnx } from "onnx-proto";
import type { Graph, Value } from "./graph";

/** The part of a graph that some values need: what else it computes, holds or is fed is left out. It has no outputs. */
export function prunedTo({ model, weights }: Graph, values: readonly Value[]): Graph {
  const graph = model.graph ?? {};
  const needed = new Set(values);
  const node = (graph.node ?? []).toReversed().filter((one) => {
    if (!one.output?.some((output) => needed.has(output))) return false;
    for (const input of inputsOf(one)) needed.add(input);
    return true;
  });
  const isNeeded = ({ name }: { readonly name?: string | null }): boolean => needed.has(name ?? "");
  const initializer = (graph.initializer ?? []).filter(isNeeded);
  const stored = new Set(initializer.map(({ name }) => name));
  return {
    weights: new Map([...weights].filter(([name]) => needed.has(name))),
    model: {
      ...model,
      graph: {
        ...graph,
        node: node.reverse(),
        initializer,
        // Before version 4 of the format, initializers were listed among the inputs.
        input: (graph.input ?? []).filter((input) => isNeeded(input) && !stored.has(input.name)),
        output: [],
        valueInfo: [],
      },
    },
  };
}

/** What a node takes, and what the graphs in it take from around it. */
export function inputsOf(node: onnx.INodeProto): Value[] {
  const bodies = (node.attribute ?? []).flatMap(({ g, graphs }) => [...(g ? [g] : []), ...(graphs ?? [])]);
  return [...(node.input ?? []), ...bodies.flatMap((body) => [...(body.node ?? []).flatMap(inputsOf), ...(body.output ?? []).map(({ name }) => name ?? "")])];
}
