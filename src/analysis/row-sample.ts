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
  /** Lowest and highest element. */
  readonly min: number;
  readonly max: number;
}

/** A row as it is offered. */
export type OfferedRow = Omit<SampledRow, "index" | "x"> & { readonly count: number };

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
  /** Place of the kept row that goes first when a better one comes. */
  private last = 0;

  constructor(
    private readonly size: number,
    seed: number,
  ) {
    this.random = xoroshiro128plus(seed);
  }

  /** Offers the row of `data` that begins at `start`. */
  offer(data: Float32Array, start: number, { count, centre, inverse, min, max }: OfferedRow): void {
    const priority = this.random.next();
    const index = this.offered++;
    const isKept = this.kept.length < this.size || priority < this.kept[this.last]!.priority;
    const isLargest = this.largest === undefined || magnitude({ min, max }) > magnitude(this.largest);
    if (!isKept && !isLargest) return;
    const candidate = { index, x: data.slice(start, start + count), centre, inverse, min, max, priority };
    if (isLargest) this.largest = candidate;
    if (isKept) this.keep(candidate);
  }

  /** The random sample, in the order in which the rows came. */
  get rows(): readonly SampledRow[] {
    return [...this.kept].sort((a, b) => a.index - b.index);
  }

  /** The row that holds the element of largest magnitude. */
  get extreme(): SampledRow | undefined {
    return this.largest;
  }

  private keep(candidate: Candidate): void {
    if (this.kept.length < this.size) this.kept.push(candidate);
    else this.kept[this.last] = candidate;
    this.last = this.kept.reduce((last, { priority }, i) => (priority > this.kept[last]!.priority ? i : last), 0);
  }
}

/** Largest |x| of a row. */
function magnitude({ min, max }: { readonly min: number; readonly max: number }): number {
  return Math.max(max, -min);
}
