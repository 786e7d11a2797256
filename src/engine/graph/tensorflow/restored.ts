import { decodeUtf8 } from "../../checkpoint/byte-cursor";
import { attribute, nodeOf, type FlatGraph, type FlatNode, type TensorName } from "./flatten";

/** Operators that give a variable its value. */
const assignments: readonly string[] = ["AssignVariableOp", "Assign"];

/** Operators between what is read and what is assigned. */
const handing: readonly string[] = ["Identity", "IdentityN", "NoOp"];

/** Longest chain of these that is followed. */
const longestChain = 16;

/**
 * Under which keys the variables of a graph were saved, by their nodes' names: the graph that reads them at the start says it.
 * Variables that were saved in slices are not among them.
 */
export function restoredVariables({ nodes, resolve }: FlatGraph): Map<string, string> {
  const keys = new Map<string, string>();
  for (const { op, inputs } of nodes.values()) {
    if (!assignments.includes(op) || inputs.length < 2) continue;
    const key = keyOf(inputs[1]!, nodes, resolve);
    if (key !== undefined) keys.set(nodeOf(resolve(inputs[0]!)), key);
  }
  return keys;
}

function keyOf(value: TensorName, nodes: FlatGraph["nodes"], resolve: FlatGraph["resolve"], steps = 0): string | undefined {
  const name = resolve(value);
  const node = nodes.get(nodeOf(name))!;
  const place = Number(name.slice(name.lastIndexOf(":") + 1));
  if (handing.includes(node.op) && node.inputs[place] !== undefined && steps < longestChain) return keyOf(node.inputs[place], nodes, resolve, steps + 1);
  if (node.op !== "RestoreV2") return undefined;
  const texts = (input: number): string[] => textsOf(nodes.get(nodeOf(resolve(node.inputs[input] ?? ":0"))));
  const slice = texts(2)[place] ?? "";
  return slice === "" ? texts(1)[place] : undefined;
}

function textsOf(node: FlatNode | undefined): string[] {
  return (node ? (attribute(node.attr, "value")?.tensor?.stringVal ?? []) : []).map(decodeUtf8);
}
