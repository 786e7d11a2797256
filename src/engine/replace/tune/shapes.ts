import type { Values } from "../../forward";
import { withOutputs, type Graph, type Value } from "../../graph/graph";

/** Shapes of values by name. */
export type Shapes = ReadonlyMap<Value, readonly number[]>;

const suffix = "/shape";

/** Name of a value's shape, as a graph {@link withShapes} gives it. */
export function shapeOf(value: Value): Value {
  return `${value}${suffix}`;
}

/** The same graph, which also gives the shapes of these values. */
export function withShapes(graph: Graph, values: readonly Value[]): Graph {
  const own = graph.model.graph ?? {};
  const nodes = values.map((value) => ({ opType: "Shape", name: shapeOf(value), input: [value], output: [shapeOf(value)] }));
  return withOutputs({ ...graph, model: { ...graph.model, graph: { ...own, node: [...(own.node ?? []), ...nodes] } } }, values.map(shapeOf), "int64");
}

/** Shapes of what a graph was fed and gave, and of the values whose shapes it gave. */
export function shapesIn(values: Values): Shapes {
  return new Map(Object.entries(values).map(([name, { shape, data }]) => (name.endsWith(suffix) ? [name.slice(0, -suffix.length), Array.from(data, Number)] : [name, shape])));
}
