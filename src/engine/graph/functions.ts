import type { onnx } from "onnx-proto";
import { withBodies } from "./bodies";
import type { Value } from "./graph";

/** Calls inside calls are followed as deep as this; ONNX forbids functions that call themselves. */
const deepest = 32;

/** A graph grows to this many nodes at most when its functions are written out. */
const mostNodes = 1_000_000;

/**
 * The nodes of a graph with every call of a function of the model replaced by the function's own nodes.
 * @throws where functions call each other without end.
 */
export function withoutFunctions(model: onnx.IModelProto): onnx.INodeProto[] {
  const functions = new Map((model.functions ?? []).map((one) => [keyOf(one.domain, one.name), one]));
  let written = 0;
  const expand = (nodes: readonly onnx.INodeProto[], scope: string, depth: number): onnx.INodeProto[] =>
    nodes.flatMap((node, index) => {
      if (depth > deepest) throw new Error("the functions of the model call each other without end");
      const called = functions.get(keyOf(node.domain, node.opType));
      if (!called) {
        written += 1;
        return [withBodies(node, (body) => ({ ...body, node: expand(body.node ?? [], scope, depth + 1) }))];
      }
      if (written > mostNodes) throw new Error("the functions of the model call each other without end");
      const inner = `${scope}${node.name || `${node.opType ?? ""}_${index}`}/`;
      return expand(bodyOf(called, node, inner), inner, depth + 1);
    });
  return functions.size === 0 ? [...(model.graph?.node ?? [])] : expand(model.graph?.node ?? [], "", 0);
}

function keyOf(domain: string | null | undefined, name: string | null | undefined): string {
  return `${domain ?? ""}\n${name ?? ""}`;
}

/** A function's nodes for one call: its parameters are the call's values, all others get names of their own. */
function bodyOf({ node, input, output, attribute }: onnx.IFunctionProto, call: onnx.INodeProto, scope: string): onnx.INodeProto[] {
  const names = new Map<Value, Value>([["", ""]]);
  (input ?? []).forEach((name, index) => names.set(name, call.input?.[index] ?? ""));
  (output ?? []).forEach((name, index) => names.set(name, call.output?.[index] || `${scope}${name}`));
  const renamed = (value: Value): Value => names.get(value) ?? `${scope}${value}`;
  const given = new Map((call.attribute ?? []).map((one) => [one.name, one]));
  const known = new Set<string | null | undefined>(attribute ?? []);
  return (node ?? []).map((one) => renamedNode(one, renamed, (stated) => (known.has(stated.refAttrName) ? given.get(stated.refAttrName ?? "") : undefined), scope));
}

type Rename = (value: Value) => Value;
type Refer = (attribute: onnx.IAttributeProto) => onnx.IAttributeProto | undefined;

function renamedNode(node: onnx.INodeProto, renamed: Rename, refer: Refer, scope: string): onnx.INodeProto {
  const attribute = (node.attribute ?? []).flatMap((stated): onnx.IAttributeProto[] => {
    if (!stated.refAttrName) return [stated.g ? { ...stated, g: renamedGraph(stated.g, renamed, refer, scope) } : stated];
    const given = refer(stated);
    return given ? [{ ...given, name: stated.name ?? "" }] : [];
  });
  return { ...node, name: node.name ? `${scope}${node.name}` : "", input: (node.input ?? []).map(renamed), output: (node.output ?? []).map(renamed), attribute };
}

function renamedGraph(graph: onnx.IGraphProto, renamed: Rename, refer: Refer, scope: string): onnx.IGraphProto {
  const named = <T extends { name?: string | null }>(items: readonly T[] | null | undefined): T[] => (items ?? []).map((item) => ({ ...item, name: renamed(item.name ?? "") }));
  return {
    ...graph,
    node: (graph.node ?? []).map((node) => renamedNode(node, renamed, refer, scope)),
    initializer: named(graph.initializer),
    input: named(graph.input),
    output: named(graph.output),
    valueInfo: [],
  };
}
