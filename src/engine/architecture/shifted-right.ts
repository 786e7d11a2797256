import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";

/** The decoder's ids: those of the text behind the token that begins every output, without the last. */
export function shiftedRight(g: GraphBuilder, ids: Value, start: number): Value {
  const first = g.op("Slice", [ids, g.ints([0]), g.ints([1]), g.ints([1])]);
  const begin = g.add(g.multiply(first, g.int(0)), g.int(start));
  return g.op("Concat", [begin, g.op("Slice", [ids, g.ints([0]), g.ints([-1]), g.ints([1])])], { axis: { int: 1 } });
}
