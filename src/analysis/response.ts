import { bitsOf, keyOf, keys, middleOf, type HistogramBin } from "./histogram";

/**
 * x bins are even in asinh(x / scale): linear around 0, logarithmic outside. Inside a bin fits are corrected to second order,
 * which leaves R² accurate to 1e-6 (test/analysis/brute-force.test.ts).
 */
const binWidth = 1 / 10;
/** Sums kept for a bin and channel: count, x, x-hat, x * x-hat. */
export const cellSize = 4;
const keysPerOctave = 128;
const positiveKeys = keys / 2;
/** Key of the largest finite float32; those above it are infinities and NaNs. */
const lastFiniteKey = 0x7f7f;
/** Bins for which room is made at first: what a layer without outliers fills. */
const usualBins = 96;

/** What every function of x can know of x-hat: sums of x and x-hat over bins of x, kept for each channel. */
export interface Response {
  /** Occupied bins, ascending. */
  readonly bins: readonly ResponseBin[];
  /** The occupied cells, channel by channel: those of channel c are numbers cellsFrom[c] to cellsFrom[c + 1] - 1. */
  readonly cellsFrom: Uint32Array;
  /** Number of every cell's bin. */
  readonly binOfCell: Uint16Array;
  /** [cells, 4]: count, sum of (x - bin mean), sum of x-hat, sum of (x - bin mean) * x-hat. */
  readonly cells: Float64Array;
}

/** One bin of x over all channels. */
export interface ResponseBin {
  readonly count: number;
  readonly meanX: number;
  readonly meanY: number;
  /** Variance of x inside the bin. */
  readonly varianceX: number;
  /** Covariance of x and x-hat inside the bin. */
  readonly covariance: number;
}

/** How a row is normalised: x-hat = (x - centre) * inverse. */
export interface Normalisation {
  readonly centre: number;
  readonly inverse: number;
}

/** Fills a Response row by row. Memory grows with the number of occupied bins, not with the rows. */
export class ResponseTable {
  /** [opened bins, channels, 4] */
  private sums: Float64Array;
  /** Where a key's bin begins in `sums`, -1 where it isn't open. */
  private readonly startOfKey = new Int32Array(keys).fill(-1);
  /** Numbers of the opened bins, in the order in which they were opened. */
  private readonly opened: number[] = [];
  private binOfKey = binsFor(1);
  private chosenScale: number | undefined;

  constructor(private readonly channels: number) {
    this.sums = new Float64Array(usualBins * channels * cellSize);
  }

  /** Whether the scale is fixed. Until then only zeros may be added, which lie in the middle bin at any scale. */
  get scaled(): boolean {
    return this.chosenScale !== undefined;
  }

  /** The typical |x| that the bins are laid around, a power of two. */
  get scale(): number {
    return this.chosenScale ?? 1;
  }

  /** Lays the bins around a typical |x|, rounded to a power of two so that it doesn't hang on the last bits. */
  scaleTo(magnitude: number): void {
    this.chosenScale = 2 ** Math.round(Math.log2(magnitude));
    this.binOfKey = binsFor(this.chosenScale);
  }

  /** Adds the row of `data` that begins at `start`, with x-hat = (x - centre) * inverse, and counts its elements by key. */
  add(data: Float32Array, bits: Uint32Array, start: number, row: Normalisation, counts: Float64Array): void {
    let done = this.addFrom(0, data, bits, start, row, counts);
    while (done < this.channels) {
      this.open(keyOf(bits[start + done]!));
      done = this.addFrom(done, data, bits, start, row, counts);
    }
  }

  /** Adds elements from channel `first` on, up to the first whose bin isn't open; returns that one's channel. */
  private addFrom(
    first: number,
    data: Float32Array,
    bits: Uint32Array,
    start: number,
    { centre, inverse }: Normalisation,
    counts: Float64Array,
  ): number {
    const { startOfKey, sums, channels } = this;
    for (let channel = first; channel < channels; channel++) {
      const key = keyOf(bits[start + channel]!);
      const binStart = startOfKey[key]!;
      if (binStart < 0) return channel;
      const x = data[start + channel]!;
      const y = (x - centre) * inverse;
      const cell = binStart + channel * cellSize;
      counts[key]! += 1;
      sums[cell]! += 1;
      sums[cell + 1]! += x;
      sums[cell + 2]! += y;
      sums[cell + 3]! += x * y;
    }
    return channels;
  }

  /** @param histogram bins of the same elements, for the spread of x inside a response bin */
  finish(histogram: readonly HistogramBin[]): Response {
    const order = [...this.opened.keys()].sort((a, b) => this.opened[a]! - this.opened[b]!);
    const spread = this.spreadInside(histogram);
    const bins = order.map((place) => this.pooledBin(place, spread.get(this.opened[place]!)!));
    return { bins, ...this.centredCells(order, bins) };
  }

  /** Makes room for the bin of a key, unless another key of the bin has done so. */
  private open(key: number): void {
    const bin = this.binOfKey[key]!;
    const size = this.channels * cellSize;
    let place = this.opened.indexOf(bin);
    if (place < 0) {
      place = this.opened.push(bin) - 1;
      if (this.opened.length * size > this.sums.length) {
        const larger = new Float64Array(2 * this.sums.length);
        larger.set(this.sums);
        this.sums = larger;
      }
    }
    this.startOfKey[key] = place * size;
  }

  private pooledBin(place: number, varianceX: number): ResponseBin {
    const { sums } = this;
    const size = this.channels * cellSize;
    let count = 0;
    let sumX = 0;
    let sumY = 0;
    let sumXY = 0;
    for (let cell = place * size; cell < (place + 1) * size; cell += cellSize) {
      count += sums[cell]!;
      sumX += sums[cell + 1]!;
      sumY += sums[cell + 2]!;
      sumXY += sums[cell + 3]!;
    }
    const meanX = sumX / count;
    const meanY = sumY / count;
    return { count, meanX, meanY, varianceX, covariance: sumXY / count - meanX * meanY };
  }

  /** Drops empty cells and puts a channel's cells side by side. */
  private centredCells(order: readonly number[], bins: readonly ResponseBin[]): Omit<Response, "bins"> {
    const { sums, channels } = this;
    const starts = Int32Array.from(order, (place) => place * channels * cellSize);
    const means = Float64Array.from(bins, (bin) => bin.meanX);
    const cellsFrom = new Uint32Array(channels + 1);
    const binOfCell = new Uint16Array(channels * order.length);
    const cells = new Float64Array(channels * order.length * cellSize);
    let filled = 0;
    for (let channel = 0; channel < channels; channel++) {
      for (let bin = 0; bin < starts.length; bin++) {
        const from = starts[bin]! + channel * cellSize;
        const count = sums[from]!;
        if (count === 0) continue;
        const to = filled * cellSize;
        const y = sums[from + 2]!;
        binOfCell[filled++] = bin;
        cells[to] = count;
        cells[to + 1] = sums[from + 1]! - means[bin]! * count;
        cells[to + 2] = y;
        cells[to + 3] = sums[from + 3]! - means[bin]! * y;
      }
      cellsFrom[channel + 1] = filled;
    }
    return { cellsFrom, binOfCell: binOfCell.subarray(0, filled), cells: cells.subarray(0, filled * cellSize) };
  }

  /** Variance of x in every response bin, from the histogram, whose bins are far narrower. */
  private spreadInside(histogram: readonly HistogramBin[]): Map<number, number> {
    const sums = new Map<number, { count: number; mean: number; m2: number }>();
    for (const { key, low, high, count } of histogram) {
      const bin = this.binOfKey[key]!;
      const sum = sums.get(bin) ?? { count: 0, mean: 0, m2: 0 };
      const shift = (low + high) / 2 - sum.mean;
      sum.count += count;
      sum.mean += (shift * count) / sum.count;
      sum.m2 += count * (shift * ((low + high) / 2 - sum.mean) + (high - low) ** 2 / 12);
      sums.set(bin, sum);
    }
    return new Map([...sums].map(([bin, { count, m2 }]) => [bin, m2 / count]));
  }
}

/**
 * Median magnitude of the finite, non-zero elements of the given rows; some must be.
 * @param rows numbers of the rows in `data`
 */
export function typicalMagnitude(data: Float32Array, rows: readonly number[], channels: number): number {
  const bits = bitsOf(data);
  const counts = new Uint32Array(positiveKeys);
  let total = 0;
  for (const row of rows) {
    for (let i = row * channels; i < (row + 1) * channels; i++) {
      const key = keyOf(bits[i]!) % positiveKeys;
      if (data[i] === 0 || key > lastFiniteKey) continue;
      counts[key]! += 1;
      total += 1;
    }
  }
  let key = 0;
  for (let below = counts[0]!; below < total / 2; below += counts[key]!) key += 1;
  return middleOf(key);
}

let binsAtScaleOne: Int16Array | undefined;

/** Response bin of every histogram key. A power of two only shifts the exponents, so one table, computed once, serves all scales. */
function binsFor(scale: number): Int16Array {
  binsAtScaleOne ??= Int16Array.from({ length: keys }, (_, key) => Math.round(Math.asinh(middleOf(key)) / binWidth));
  const shift = Math.log2(scale) * keysPerOctave;
  const bins = new Int16Array(keys);
  for (const half of [0, positiveKeys]) {
    for (let key = 0; key < positiveKeys; key++) {
      bins[half + key] = binsAtScaleOne[half + Math.max(0, Math.min(lastFiniteKey, key - shift))]!;
    }
  }
  return bins;
}
