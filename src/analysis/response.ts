import { bench, cellSize, pieceLength } from "./bench";
import { bitsOf, Histogram, keyOf, keys, middleOf, type HistogramBin } from "./histogram";

/**
 * x bins are even in asinh(x / scale): linear around 0, logarithmic outside. Inside a bin fits are corrected to second order,
 * which leaves R² accurate to 2e-6 (test/analysis/brute-force.test.ts).
 */
const binWidth = 1 / 10;
const keysPerOctave = 128;
const positiveKeys = keys / 2;
/** Key of the largest finite float32; those above it are infinities and NaNs. */
const lastFiniteKey = 0x7f7f;

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

/** Fills a Response row by row, on the bench. Memory grows with the number of occupied bins, not with the rows. */
export class ResponseTable {
  private static onBench: ResponseTable | undefined;

  /** [opened bins, channels, 4], while another table is on the bench. */
  private sums = new Float64Array(0);
  private readonly histogram = new Histogram();
  /** Numbers of the opened bins, in the order in which they were opened. */
  private readonly opened: number[] = [];
  private binOfKey = binsFor(1);
  private chosenScale: number | undefined;

  constructor(private readonly channels: number) {}

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

  /** Adds the row of `data` that begins at `start`, in which the channels may come several times, one after the other. */
  add(data: Float32Array, start: number, normalisation: Normalisation, length = this.channels): void {
    for (let from = start; from < start + length; from += this.channels) this.addChannels(data, from, normalisation);
  }

  private addChannels(data: Float32Array, start: number, { centre, inverse }: Normalisation): void {
    if (ResponseTable.onBench !== this) this.takeBench();
    for (let channel = 0; channel < this.channels; channel += pieceLength) {
      const length = Math.min(pieceLength, this.channels - channel);
      bench.lay(data, start + channel, length);
      let done = bench.add(0, length, channel, centre, inverse);
      while (done < length) {
        this.open(bench.keyAt(done));
        done = bench.add(done, length, channel, centre, inverse);
      }
    }
  }

  /** The response, and the histogram of the same elements. */
  finish(): { response: Response; histogram: readonly HistogramBin[] } {
    if (ResponseTable.onBench === this) this.leaveBench();
    const histogram = this.histogram.bins();
    const spread = this.spreadInside(histogram);
    const order = [...this.opened.keys()].sort((a, b) => this.opened[a]! - this.opened[b]!);
    const bins = order.map((place) => this.pooledBin(place, spread.get(this.opened[place]!)!));
    return { response: { bins, ...this.centredCells(order, bins) }, histogram };
  }

  private takeBench(): void {
    ResponseTable.onBench?.leaveBench();
    ResponseTable.onBench = this;
    bench.startOfKey.fill(-1);
    bench.counts.fill(0);
    bench.sums.set(this.sums);
  }

  private leaveBench(): void {
    ResponseTable.onBench = undefined;
    this.sums = bench.sums.slice(0, this.opened.length * this.channels * cellSize);
    this.histogram.add(bench.counts);
  }

  /** Makes room for the bin of a key, unless another key of the bin has done so. Where the bench is full, the nearest bin takes it in. */
  private open(key: number): void {
    const size = this.channels * cellSize;
    const bin = this.binOfKey[key]!;
    let place = this.opened.indexOf(bin);
    if (place < 0 && (this.opened.length + 1) * size > bench.sums.length) {
      place = this.opened.reduce((nearest, other, i) => (Math.abs(other - bin) < Math.abs(this.opened[nearest]! - bin) ? i : nearest), 0);
      this.binOfKey[key] = this.opened[place]!;
    } else if (place < 0) {
      place = this.opened.push(bin) - 1;
      bench.sums.fill(0, place * size, (place + 1) * size);
    }
    bench.startOfKey[key] = place * size;
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
export function typicalMagnitude(data: Float32Array, rows: readonly number[], rowLength: number): number {
  const bits = bitsOf(data);
  const counts = new Uint32Array(positiveKeys);
  let total = 0;
  for (const row of rows) {
    for (let i = row * rowLength; i < (row + 1) * rowLength; i++) {
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
    const atOne = binsAtScaleOne.subarray(half, half + lastFiniteKey + 1);
    const shifted = bins.subarray(half, half + positiveKeys);
    shifted.fill(atOne[0]!, 0, Math.max(0, shift));
    shifted.set(atOne.subarray(Math.max(0, -shift), Math.min(atOne.length, positiveKeys - shift)), Math.max(0, shift));
    shifted.fill(atOne[lastFiniteKey]!, Math.min(positiveKeys, atOne.length + shift));
  }
  return bins;
}
