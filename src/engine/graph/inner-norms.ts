import { flattened } from "./bodies";
import type { Graph } from "./graph";
import { handOut } from "./hand-out";
import { findNorms, type NormNode } from "./norms";

/** A graph's norms, with those in its branches and loops. */
export interface AllNorms {
  /** The graph, whose branches and loops hand out what goes into the norms inside. */
  readonly graph: Graph;
  /** In the order in which they stand. */
  readonly norms: readonly NormNode[];
  /** Number of norms in bodies that hand out nothing. */
  readonly hidden: number;
}

/**
 * All norms of a graph, in whatever branch or loop.
 * @param graph with distinct names.
 */
export function findAllNorms(graph: Graph): AllNorms {
  const { model } = graph;
  const outer = findNorms(graph);
  const nodes = flattened(model.graph?.node ?? []);
  if (nodes.length === model.graph?.node?.length) return { graph, norms: outer, hidden: 0 };
  const own = new Set((model.graph?.node ?? []).flatMap(({ output }) => output ?? []));
  const inner = findNorms({ ...graph, model: { ...model, graph: { ...model.graph, node: nodes } } }).filter(({ output }) => !own.has(output));
  const { graph: handing, runs } = handOut(model.graph ?? {}, inner);
  const taken = new Set(outer.map(({ name }) => name));
  const watched = [...runs].map(([norm, { values, sizes }]): NormNode => ({ ...norm, name: freeName(norm.name, taken), input: values, sizes }));
  const place = new Map(nodes.flatMap(({ output }, index) => (output ?? []).map((value) => [value, index] as const)));
  const norms = [...outer, ...watched].toSorted((a, b) => place.get(a.output)! - place.get(b.output)!);
  return { graph: { ...graph, model: { ...model, graph: handing } }, norms, hidden: inner.length - watched.length };
}

/** Norms outside keep their names; one inside that would be called the same is numbered. */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted}_${number}`;
  return name;
}
