import { bitsOf, keyOf, keys, middleOf, type HistogramBin } from "./histogram";

/**
 * x bins are even in asinh(x / scale): linear around 0, logarithmic outside, 1/8 wide. Inside a bin fits are corrected to second order,
 * which leaves sums of tanh accurate to about 1e-6 (test/analysis/response.test.ts).
 */
const binWidth = 1 / 8;
/** Reaches |x| = 1490 * scale; the two outermost bins take in the rest, where any tanh worth fitting is flat. */
const binCount = 128;
const middleBin = binCount / 2;
/** Sums kept for a channel and bin: count, x, x-hat, x * x-hat. */
const cellSize = 4;
const keysPerOctave = 128;
const positiveKeys = keys / 2;
/** Key of the largest finite float32; those above it are infinities and NaNs. */
const lastFiniteKey = 0x7f7f;

/** What every function of x can know of x-hat: sums of x and x-hat over bins of x, kept for each channel. */
export interface Response {
  /** Occupied bins, ascending. */
  readonly bins: readonly ResponseBin[];
  readonly channels: number;
  /**
   * [channels, bins, 4]: count, sum of (x - bin mean), sum of x-hat, sum of (x - bin mean) * x-hat,
   * for the occupied bins alone.
   */
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

/** Fills a Response row by row. */
export class ResponseTable {
  /** [channels, bins, 4] */
  private readonly sums: Float64Array;
  private binOfKey = binsFor(1);
  private chosenScale: number | undefined;

  constructor(private readonly channels: number) {
    this.sums = new Float64Array(channels * binCount * cellSize);
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
  add(
    data: Float32Array,
    bits: Uint32Array,
    start: number,
    { centre, inverse }: { readonly centre: number; readonly inverse: number },
    counts: Float64Array,
  ): void {
    const { sums, binOfKey, channels } = this;
    for (let channel = 0; channel < channels; channel++) {
      const x = data[start + channel]!;
      const y = (x - centre) * inverse;
      const key = keyOf(bits[start + channel]!);
      const cell = (channel * binCount + binOfKey[key]!) * cellSize;
      counts[key]! += 1;
      sums[cell]! += 1;
      sums[cell + 1]! += x;
      sums[cell + 2]! += y;
      sums[cell + 3]! += x * y;
    }
  }

  /** @param histogram bins of the same elements, for the spread of x inside a response bin */
  finish(histogram: readonly HistogramBin[]): Response {
    const spread = this.spreadInside(histogram);
    const occupied = [...spread.keys()].filter((bin) => spread[bin]!.count > 0);
    const pooled = this.pool();
    const bins = occupied.map((bin) => {
      const count = pooled[bin * cellSize]!;
      const meanX = pooled[bin * cellSize + 1]! / count;
      const meanY = pooled[bin * cellSize + 2]! / count;
      return { count, meanX, meanY, varianceX: spread[bin]!.variance, covariance: pooled[bin * cellSize + 3]! / count - meanX * meanY };
    });
    return { bins, channels: this.channels, cells: this.centredCells(occupied, bins) };
  }

  /** Sums over all channels: [bins, 4]. */
  private pool(): Float64Array {
    const pooled = new Float64Array(binCount * cellSize);
    for (let channel = 0; channel < this.channels; channel++) {
      const start = channel * pooled.length;
      for (let i = 0; i < pooled.length; i++) pooled[i]! += this.sums[start + i]!;
    }
    return pooled;
  }

  private centredCells(occupied: readonly number[], bins: readonly ResponseBin[]): Float64Array {
    const cells = new Float64Array(this.channels * occupied.length * cellSize);
    let to = 0;
    for (let channel = 0; channel < this.channels; channel++) {
      for (let i = 0; i < occupied.length; i++, to += cellSize) {
        const from = (channel * binCount + occupied[i]!) * cellSize;
        const { meanX } = bins[i]!;
        const count = this.sums[from]!;
        const y = this.sums[from + 2]!;
        cells[to] = count;
        cells[to + 1] = this.sums[from + 1]! - meanX * count;
        cells[to + 2] = y;
        cells[to + 3] = this.sums[from + 3]! - meanX * y;
      }
    }
    return cells;
  }

  /** Count and variance of x in every response bin, from the histogram, whose bins are far narrower. */
  private spreadInside(histogram: readonly HistogramBin[]): { count: number; variance: number }[] {
    const sums = Array.from({ length: binCount }, () => ({ count: 0, mean: 0, m2: 0 }));
    for (const { key, low, high, count } of histogram) {
      const sum = sums[this.binOfKey[key]!]!;
      const shift = (low + high) / 2 - sum.mean;
      sum.count += count;
      sum.mean += (shift * count) / sum.count;
      sum.m2 += count * (shift * ((low + high) / 2 - sum.mean) + (high - low) ** 2 / 12);
    }
    return sums.map(({ count, m2 }) => ({ count, variance: count === 0 ? 0 : m2 / count }));
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

let binsAtScaleOne: Uint8Array | undefined;

/** Response bin of every histogram key. A power of two only shifts the exponents, so one table, computed once, serves all scales. */
function binsFor(scale: number): Uint8Array {
  binsAtScaleOne ??= Uint8Array.from({ length: keys }, (_, key) => {
    const bin = Math.round(Math.asinh(middleOf(key)) / binWidth) + middleBin;
    return Math.max(0, Math.min(binCount - 1, bin));
  });
  const shift = Math.log2(scale) * keysPerOctave;
  const bins = new Uint8Array(keys);
  for (const half of [0, positiveKeys]) {
    for (let key = 0; key < positiveKeys; key++) {
      bins[half + key] = binsAtScaleOne[half + Math.max(0, Math.min(lastFiniteKey, key - shift))]!;
    }
  }
  return bins;
}
