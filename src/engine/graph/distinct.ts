import type { onnx } from "onnx-proto";
import { bodiesOf, withBodies } from "./bodies";
import { foldings } from "./find/folding";
import { viewOf } from "./find/view";
import type { Value } from "./graph";

/** Names that hold in a body, its own and those around it. */
type Scope = ReadonlyMap<Value, Value>;

/** Nodes, and those that belong in front of the node of the graph that they stand in. */
interface Rewritten {
  readonly nodes: onnx.INodeProto[];
  readonly hoisted: onnx.INodeProto[];
}

/** Bodies inside bodies; no exporter nests a quarter of these. */
const deepest = 32;

/**
 * The same graph with bodies that can be looked into: every value has a name that no other has, constants of bodies stand in the graph itself,
 * and an `If` whose condition is known is the branch that it takes.
 * @throws where bodies are nested without end.
 */
export function distinct(graph: onnx.IGraphProto): onnx.IGraphProto {
  if ((graph.node ?? []).every((node) => bodiesOf(node).length === 0)) return graph;
  const rewriter = new Rewriter(graph);
  const node = rewriter.rewrite(graph.node ?? [], new Map(), 0);
  return { ...graph, node: node.nodes, initializer: [...(graph.initializer ?? []), ...rewriter.initializers] };
}

class Rewriter {
  readonly initializers: onnx.ITensorProto[] = [];
  private readonly taken: Set<Value>;
  private readonly constants: Set<Value>;
  private readonly conditionOf: (value: Value) => number | undefined;

  constructor(graph: onnx.IGraphProto) {
    const { constants } = viewOf({ model: { graph }, weights: new Map() });
    this.conditionOf = (value) => constants.scalar(value);
    this.constants = new Set((graph.initializer ?? []).map(nameOf));
    this.taken = new Set([...(graph.input ?? []).map(nameOf), ...this.constants, ...(graph.node ?? []).flatMap(({ output }) => output ?? [])]);
  }

  /** @param depth 0 for the graph itself, whose nodes keep their names and their places. */
  rewrite(nodes: readonly onnx.INodeProto[], scope: Scope, depth: number, outputs: ReadonlySet<Value> = new Set()): Rewritten {
    if (depth > deepest) throw new Error("its branches and loops are nested without end");
    const kept: onnx.INodeProto[] = [];
    const hoisted: onnx.INodeProto[] = [];
    for (const node of nodes) {
      const { nodes: written, hoisted: constant } = this.rewriteNode(node, scope, depth);
      (depth === 0 ? kept : hoisted).push(...constant);
      for (const one of written) (depth > 0 && this.isConstant(one) && !one.output?.some((value) => outputs.has(value)) ? hoisted : kept).push(one);
      for (const one of written) if (this.isConstant(one)) for (const value of one.output ?? []) this.constants.add(value);
    }
    return { nodes: kept, hoisted };
  }

  private rewriteNode(node: onnx.INodeProto, scope: Scope, depth: number): Rewritten {
    const named = { ...node, input: (node.input ?? []).map((value) => renamed(value, scope)), output: (node.output ?? []).map((value) => renamed(value, scope)) };
    const taken = node.opType === "If" ? this.branchTaken(named) : undefined;
    if (taken) return this.inlined(named, taken, scope, depth);
    const hoisted: onnx.INodeProto[] = [];
    const rewritten = withBodies(named, (body) => {
      const inner = this.rewriteBody(body, scope, depth);
      hoisted.push(...inner.hoisted);
      return inner.body;
    });
    return { nodes: [rewritten], hoisted };
  }

  private rewriteBody(body: onnx.IGraphProto, around: Scope, depth: number): { body: onnx.IGraphProto; hoisted: onnx.INodeProto[] } {
    const scope = this.scopeOf(body, around);
    const named = <T extends { name?: string | null }>(item: T): T => ({ ...item, name: renamed(nameOf(item), scope) });
    const output = (body.output ?? []).map(named);
    const outputs = new Set(output.map(nameOf));
    const handedOut = this.hoistInitializers((body.initializer ?? []).map(named), outputs);
    const { nodes, hoisted } = this.rewrite(body.node ?? [], scope, depth + 1, outputs);
    return { body: { ...body, input: (body.input ?? []).map(named), output, node: [...handedOut, ...nodes], initializer: [], valueInfo: [] }, hoisted };
  }

  /** The nodes of a branch in place of the `If`. */
  private inlined({ output }: onnx.INodeProto, branch: onnx.IGraphProto, scope: Scope, depth: number): Rewritten {
    const { body, hoisted } = this.rewriteBody(branch, scope, depth);
    const handedOn = (output ?? []).map((value, index): onnx.INodeProto => ({ opType: "Identity", input: [nameOf(body.output?.[index] ?? {})], output: [value] }));
    return { nodes: [...(body.node ?? []), ...handedOn], hoisted };
  }

  private branchTaken({ input, attribute }: onnx.INodeProto): onnx.IGraphProto | undefined {
    const condition = this.conditionOf(input?.[0] ?? "");
    const branch = condition === undefined ? undefined : condition === 0 ? "else_branch" : "then_branch";
    return attribute?.find(({ name }) => name === branch)?.g ?? undefined;
  }

  /** What is handed out of a body must be made in it: such constants go through a node there. */
  private hoistInitializers(initializers: readonly onnx.ITensorProto[], outputs: ReadonlySet<Value>): onnx.INodeProto[] {
    return initializers.flatMap((tensor): onnx.INodeProto[] => {
      const isOutput = outputs.has(nameOf(tensor));
      const name = isOutput ? this.free(nameOf(tensor)) : nameOf(tensor);
      this.initializers.push({ ...tensor, name });
      this.constants.add(name);
      return isOutput ? [{ opType: "Identity", input: [name], output: [nameOf(tensor)] }] : [];
    });
  }

  private isConstant({ opType, input, attribute }: onnx.INodeProto): boolean {
    if (opType === "Constant") return !(attribute ?? []).some(({ name }) => name === "sparse_value");
    return Object.hasOwn(foldings, opType ?? "") && (input ?? []).every((value) => this.constants.has(value));
  }

  private scopeOf({ input, initializer, node }: onnx.IGraphProto, around: Scope): Scope {
    const own = new Set([...(input ?? []).map(nameOf), ...(initializer ?? []).map(nameOf), ...(node ?? []).flatMap(({ output }) => output ?? [])]);
    own.delete("");
    return new Map([...around, ...[...own].map((name) => [name, this.free(name)] as const)]);
  }

  /** The name, or one like it where it is taken. */
  private free(wanted: Value): Value {
    let name = wanted;
    for (let number = 2; this.taken.has(name); number++) name = `${wanted}__${number}`;
    this.taken.add(name);
    return name;
  }
}

function renamed(value: Value, scope: Scope): Value {
  return scope.get(value) ?? value;
}

function nameOf({ name }: { readonly name?: string | null }): Value {
  return name ?? "";
}
