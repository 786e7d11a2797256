import type { Values } from "../../forward";
import { shapedValues } from "../../graph/gradient/gradients";
import { outputNames, withOutputs, type Graph, type Value } from "../../graph/graph";
import type { Runtime } from "../../runtime/runtime";

/**
 * Shapes of the values that a gradient has to know, as one run shows them, and of what is fed and given.
 * @param by values that gradients are wanted of
 * @throws NoGradientError where the graph is of an operator set that gradients can't be written in.
 */
export async function shapesOf(runtime: Runtime, graph: Graph, by: readonly Value[], feeds: Values): Promise<ReadonlyMap<Value, readonly number[]>> {
  const outputs = outputNames(graph);
  const inside = shapedValues(graph, by).filter((value) => !outputs.includes(value));
  const session = await runtime.open(withOutputs(graph, inside));
  try {
    const seen = { ...feeds, ...await session.run(feeds, [...outputs, ...inside]) };
    return new Map(Object.entries(seen).map(([name, { shape }]) => [name, shape]));
  } finally {
    await session.close();
  }
}
