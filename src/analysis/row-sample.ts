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

/** A row and the number of rows that it stands for, itself included. */
export interface WeightedRow {
  readonly row: SampledRow;
  readonly weight: number;
}

interface Candidate extends SampledRow {
  readonly priority: number;
}

/** The `size` candidates of highest priority among all that were offered. */
class Best {
  readonly kept: Candidate[] = [];
  /** Place of the kept candidate that goes first when a better one comes. */
  private last = 0;

  constructor(private readonly size: number) {}

  takes(priority: number): boolean {
    return this.kept.length < this.size || priority > this.kept[this.last]!.priority;
  }

  keep(candidate: Candidate): void {
    if (this.kept.length < this.size) this.kept.push(candidate);
    else this.kept[this.last] = candidate;
    this.last = this.kept.reduce((last, { priority }, i) => (priority < this.kept[last]!.priority ? i : last), 0);
  }
}

/**
 * A random sample of rows, drawn while they pass: every row draws a number, the rows with the largest are kept. Which ones
 * depends on the seed and the order of rows alone. Beside it are kept the rows that differ most from the others: those of
 * largest and of smallest spread, few of which decide more than all the rest, and the one with the largest magnitude.
 */
export class RowSample {
  private readonly random: RandomGenerator;
  private readonly drawn: Best;
  private readonly widest: Best;
  private readonly narrowest: Best;
  private readonly largest = new Best(1);
  private offered = 0;

  /**
   * @param size of the random sample
   * @param unlike rows of largest spread that are kept, and of smallest
   */
  constructor(size: number, unlike: number, seed: number) {
    this.random = xoroshiro128plus(seed);
    this.drawn = new Best(size);
    this.widest = new Best(unlike);
    this.narrowest = new Best(unlike);
  }

  /** Offers the row of `data` that begins at `start`. */
  offer(data: Float32Array, start: number, { count, centre, inverse, min, max }: OfferedRow): void {
    const index = this.offered++;
    const places: [Best, number][] = [
      [this.drawn, this.random.next()],
      [this.widest, -inverse],
      [this.narrowest, inverse],
      [this.largest, Math.max(max, -min)],
    ];
    const taken = places.filter(([best, priority]) => best.takes(priority));
    if (taken.length === 0) return;
    const row = { index, x: data.slice(start, start + count), centre, inverse, min, max };
    for (const [best, priority] of taken) best.keep({ ...row, priority });
  }

  /** The random sample, in the order in which the rows came. */
  get rows(): readonly SampledRow[] {
    return [...this.drawn.kept].sort((a, b) => a.index - b.index);
  }

  /** Every kept row: one that is kept for its spread stands for itself, one of the random sample for its share of all others. */
  get weighted(): readonly WeightedRow[] {
    const unlike = new Map([...this.widest.kept, ...this.narrowest.kept].map((row) => [row.index, row]));
    const others = this.rows.filter((row) => !unlike.has(row.index));
    const share = (this.offered - unlike.size) / others.length;
    const ordered = [...unlike.values()].sort((a, b) => a.index - b.index);
    return [...ordered.map((row) => ({ row, weight: 1 })), ...others.map((row) => ({ row, weight: share }))];
  }

  /** The row that holds the element of largest magnitude. */
  get extreme(): SampledRow | undefined {
    return this.largest.kept[0];
  }
}
