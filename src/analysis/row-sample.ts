import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A row that was kept: its elements and how it is normalised, x-hat = (x - centre) * inverse. */
export interface SampledRow {
  /** Number of the row among all rows that were offered. */
  readonly index: number;
  /** [C] */
  readonly x: Float32Array;
  readonly centre: number;
  readonly inverse: number;
  readonly absMax: number;
}

interface Candidate extends SampledRow {
  readonly priority: number;
}

/**
 * A random sample of rows, drawn while they pass: every row draws a number, the rows with the smallest are kept. Which ones
 * depends on the seed and the order of rows alone. The row with the largest magnitude is kept beside it.
 */
export class RowSample {
  private readonly random: RandomGenerator;
  private readonly kept: Candidate[] = [];
  private largest: Candidate | undefined;
  private offered = 0;

  constructor(
    private readonly size: number,
    seed: number,
  ) {
    this.random = xoroshiro128plus(seed);
  }

  offer(data: Float32Array, start: number, row: { readonly count: number; readonly centre: number; readonly inverse: number; readonly min: number; readonly max: number }): void {
    const priority = this.random.next();
    const index = this.offered++;
    const absMax = Math.max(row.max, -row.min);
    const slot = this.slotFor(priority);
    const isLargest = this.largest === undefined || absMax > this.largest.absMax;
    if (slot === undefined && !isLargest) return;
    const x = data.slice(start, start + row.count);
    const candidate = { index, x, centre: row.centre, inverse: row.inverse, absMax, priority };
    if (slot !== undefined) this.kept[slot] = candidate;
    if (isLargest) this.largest = candidate;
  }

  /** The random sample, in the order in which the rows came. */
  get rows(): readonly SampledRow[] {
    return [...this.kept].sort((a, b) => a.index - b.index);
  }

  /** The row that holds the element of largest magnitude. */
  get extreme(): SampledRow | undefined {
    return this.largest;
  }

  private slotFor(priority: number): number | undefined {
    if (this.kept.length < this.size) return this.kept.length;
    let last = 0;
    for (let i = 1; i < this.kept.length; i++) if (this.kept[i]!.priority > this.kept[last]!.priority) last = i;
    return priority < this.kept[last]!.priority ? last : undefined;
  }
}
