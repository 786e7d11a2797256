/** float32 keeps sign, exponent and seven bits of mantissa above this bit: bins no wider than 1/128 of their value. */
const keyShift = 16;
/** Keys of positive values run from 0, those of negative values from here; both ascend with the magnitude. */
const negativeKeys = 1 << 15;
const keyCount = 1 << 16;

/** The same bytes as `data`, to read the keys from. */
export function bitsOf(data: Float32Array): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.length);
}

/** Histogram bin of a float32, given its bits. */
export function keyOf(bits: number): number {
  return bits >>> 16;
}

/** Number of keys there are. */
export const keys = keyCount;

const words = new Uint32Array(1);
const floats = new Float32Array(words.buffer);

function floatOf(bits: number): number {
  words[0] = bits;
  return floats[0]!;
}

/** Edge of a bin nearer to 0. */
function innerEdge(key: number): number {
  return floatOf(key << keyShift);
}

/** Edge of a bin farther from 0. */
function outerEdge(key: number): number {
  const next = floatOf((key + 1) << keyShift);
  return Number.isFinite(next) ? next : floatOf(((key + 1) << keyShift) - 1);
}

/** Middle of a bin. */
export function middleOf(key: number): number {
  return floatOf((key << keyShift) | (1 << (keyShift - 1)));
}

/** Counts of finite float32 values by the top 16 of their bits: the whole range, with a relative error below 1/128 in every bin. */
export class Histogram {
  /** By key. */
  readonly counts = new Float64Array(keyCount);

  /** Adds counts by key. */
  add(counts: Uint32Array): void {
    for (let key = 0; key < keyCount; key++) this.counts[key]! += counts[key]!;
  }

  /** Occupied bins, from the lowest values to the highest. */
  bins(): HistogramBin[] {
    const bins: HistogramBin[] = [];
    for (let key = keyCount - 1; key >= negativeKeys; key--) {
      const count = this.counts[key]!;
      if (count > 0) bins.push({ key, low: outerEdge(key), high: innerEdge(key), count });
    }
    for (let key = 0; key < negativeKeys; key++) {
      const count = this.counts[key]!;
      if (count > 0) bins.push({ key, low: innerEdge(key), high: outerEdge(key), count });
    }
    return bins;
  }
}

/** One occupied bin of a histogram. */
export interface HistogramBin {
  readonly key: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/**
 * Values below which the given shares of the elements lie, as if a bin's elements stood evenly in it: relative error below 1/128,
 * and far below where bins hold many.
 * @param levels ascending, from 0 to 1
 * @returns 0 for each level where there are no elements
 */
export function quantiles(bins: readonly HistogramBin[], levels: readonly number[]): number[] {
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  if (total === 0) return levels.map(() => 0);
  let index = 0;
  let below = 0;
  return levels.map((level) => {
    const rank = Math.min(total - 1, Math.floor(level * total));
    while (below + bins[index]!.count <= rank) below += bins[index++]!.count;
    const { low, high, count } = bins[index]!;
    return low + ((high - low) * (rank - below + 0.5)) / count;
  });
}

/** Share of the elements whose magnitude exceeds `threshold` > 0, interpolated inside the bins that hold the threshold. */
export function shareBeyond(bins: readonly HistogramBin[], threshold: number): number {
  let beyond = 0;
  let total = 0;
  for (const { low, high, count } of bins) {
    const above = Math.max(0, high - Math.max(low, threshold));
    const below = Math.max(0, Math.min(high, -threshold) - low);
    beyond += count * Math.min(1, (above + below) / (high - low));
    total += count;
  }
  return total === 0 ? 0 : beyond / total;
}
