import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { distances, type AttentionShape } from "./attention";

/** ALiBi (arXiv 2108.12409): what is farther away counts less, by a slope of each head's own. @param x [batch, sequence, ...] */
export function alibi(g: GraphBuilder, x: Value, heads: number): NonNullable<AttentionShape["bias"]> {
  const slopes = alibiSlopes(heads);
  const distance = g.toFloat(distances(g, x));
  return (_g, first, count) =>
    g.multiply(distance, g.floats(`alibi_${first}`, [count, 1, 1], () => Float32Array.from(slopes.slice(first, first + count), (slope) => -slope)));
}

/** The powers of 2 ** (-8 / heads) for a power of two; else those of the next smaller one, and between them every other power for twice as many. */
export function alibiSlopes(heads: number): number[] {
  const whole = 2 ** Math.floor(Math.log2(heads));
  const powers = (count: number): number[] => Array.from({ length: count }, (_, index) => 2 ** ((-8 * (index + 1)) / count));
  return [...powers(whole), ...powers(2 * whole).filter((_, index) => index % 2 === 0).slice(0, heads - whole)];
}
