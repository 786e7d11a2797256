import { quote } from "../../checkpoint/quote";
import { nodeOf, type FlatGraph, type FlatNode, type TensorName } from "./flatten";

/**
 * The nodes that some values need, each behind those whose values it takes; their inputs are outputs of nodes.
 * @throws where a value depends on itself, or nothing gives it.
 */
export function inOrder({ nodes, resolve }: FlatGraph, values: readonly TensorName[]): FlatNode[] {
  const ordered: FlatNode[] = [];
  const state = new Map<string, "open" | "done">();
  const waiting = values.map((value) => nodeOf(resolve(value))).reverse();
  for (let name = waiting.at(-1); name !== undefined; name = waiting.at(-1)) {
    if (state.has(name)) {
      waiting.pop();
      if (state.get(name) === "open") ordered.push(resolved(nodes.get(name)!, resolve));
      state.set(name, "done");
      continue;
    }
    state.set(name, "open");
    const needed = nodes.get(name)!.inputs.map((input) => nodeOf(resolve(input)));
    const circular = needed.find((one) => state.get(one) === "open");
    if (circular !== undefined) throw new Error(`its node ${quote(circular)} depends on itself`);
    waiting.push(...needed.filter((one) => !state.has(one)));
  }
  return ordered;
}

function resolved(node: FlatNode, resolve: FlatGraph["resolve"]): FlatNode {
  return { ...node, inputs: node.inputs.map(resolve) };
}
