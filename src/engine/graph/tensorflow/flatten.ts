import { quote } from "../../checkpoint/quote";
import type { AttributeValue, FunctionMessage, GraphMessage, NodeMessage } from "./messages";

/** An output of a node: its name, a colon and the output's number. */
export type TensorName = string;

/** A node of TensorFlow where all calls of functions are written out; names of nodes in functions have the calls' in front. */
export interface FlatNode {
  readonly name: string;
  readonly op: string;
  /** Without those that only say what comes first. */
  readonly inputs: readonly TensorName[];
  readonly attr: Readonly<Record<string, AttributeValue>>;
}

/** Calls inside calls are followed as deep as this. */
const deepest = 64;

/** A graph grows to this many nodes at most. */
const mostNodes = 300_000;

/** Operators that call a function, which their attribute f names. */
const calls: readonly string[] = ["PartitionedCall", "StatefulPartitionedCall"];

/** Names of outputs, in their order, where an operator has several with names of their own. Other operators have one, or one list. */
const outputNames: Readonly<Record<string, readonly string[]>> = {
  FusedBatchNorm: ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"],
  FusedBatchNormV2: ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"],
  FusedBatchNormV3: ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3"],
  TopKV2: ["values", "indices"],
  Unique: ["y", "idx"],
  SoftmaxCrossEntropyWithLogits: ["loss", "backprop"],
};

/** A graph whose functions are written out. */
export interface FlatGraph {
  readonly nodes: ReadonlyMap<string, FlatNode>;
  /** The output of a node that a value is, behind calls. @throws where it is none. */
  readonly resolve: (name: TensorName) => TensorName;
}

/**
 * Writes out the functions that a graph calls, however deep.
 * @throws where they call each other without end, or nodes share a name.
 */
export function flatten({ node, library }: GraphMessage): FlatGraph {
  const functions = new Map((library?.function ?? []).map((one) => [one.signature?.name ?? "", one]));
  const nodes = new Map<string, FlatNode>();
  const aliases = new Map<TensorName, TensorName>();

  const add = (messages: readonly NodeMessage[], scope: string, named: (input: string) => TensorName, depth: number): void => {
    if (depth > deepest) throw new Error("its functions call each other without end");
    for (const { name = "", op = "", input, attr } of messages) {
      const flat: FlatNode = { name: scope + name, op, attr, inputs: input.filter((one) => !one.startsWith("^")).map(named) };
      const called = functions.get(calls.includes(op) ? (attribute(attr, "f")?.func?.name ?? "") : op);
      if (called) call(called, flat, depth + 1);
      else if (nodes.has(flat.name)) throw new Error(`two of its nodes are called ${quote(flat.name)}`);
      else if (nodes.size >= mostNodes) throw new Error(`it has more than ${mostNodes} nodes`);
      else nodes.set(flat.name, flat);
    }
  };

  const call = ({ signature, nodeDef, ret }: FunctionMessage, { name, inputs }: FlatNode, depth: number): void => {
    const scope = `${name}/`;
    const named = valuesOf(nodeDef, scope);
    for (const [index, { name: argument = "" }] of (signature?.inputArg ?? []).entries()) if (inputs[index] !== undefined) alias(`${scope}${argument}:0`, inputs[index]);
    for (const [index, { name: argument = "" }] of (signature?.outputArg ?? []).entries()) if (Object.hasOwn(ret, argument)) alias(`${name}:${index}`, named(ret[argument]!));
    add(nodeDef, scope, named, depth);
  };

  const alias = (name: TensorName, target: TensorName): void => {
    if (aliases.size >= mostNodes) throw new Error(`it has more than ${mostNodes} values`);
    aliases.set(name, target);
  };

  add(node, "", atTop, 0);
  return { nodes, resolve: (name) => resolve(name, aliases, nodes) };
}

function resolve(name: TensorName, aliases: ReadonlyMap<TensorName, TensorName>, nodes: ReadonlyMap<string, FlatNode>): TensorName {
  const seen = new Set<TensorName>();
  for (let target = name; ; target = aliases.get(target)!) {
    if (seen.has(target)) throw new Error(`its value ${quote(name)} depends on itself`);
    if (!aliases.has(target)) {
      if (nodes.has(nodeOf(target))) return target;
      throw new Error(`nothing gives its value ${quote(target)}`);
    }
    seen.add(target);
  }
}

/** The node that a value is an output of. */
export function nodeOf(name: TensorName): string {
  return name.slice(0, name.lastIndexOf(":"));
}

/** An attribute of a node; undefined where it has none of that name. */
export function attribute(attr: FlatNode["attr"], name: string): AttributeValue | undefined {
  return Object.hasOwn(attr, name) ? attr[name] : undefined;
}

/** Values as the nodes of a graph call them: the first output of a node has no number. */
function atTop(input: string): TensorName {
  return /:\d+$/.test(input) ? input : `${input}:0`;
}

/** Values as the nodes of a function call them: an argument, or a node, the name of its output, and a number in that. */
function valuesOf(nodes: readonly NodeMessage[], scope: string): (input: string) => TensorName {
  const operators = new Map(nodes.map(({ name = "", op = "" }) => [name, op]));
  return (input) => {
    const [node = "", output, index] = input.split(":");
    if (output === undefined) return `${scope}${node}:0`;
    if (index === undefined) return `${scope}${node}:${output}`;
    const names = outputNames[operators.get(node) ?? ""] ?? [];
    return `${scope}${node}:${Math.max(0, names.indexOf(output)) + Number(index)}`;
  };
}
