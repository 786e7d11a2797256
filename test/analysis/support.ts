import { curves } from "../../src/analysis/curves";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { LayerMeasurement, type MeasuredLayer, type MeasurementOptions } from "../../src/analysis/measurement";
import type { Norm } from "../../src/shared/norm";

/** A layernorm without affine and eps, unless said otherwise. */
export function normOf(channels: number, rest: Partial<Norm> = {}): Norm {
  return { name: "norm", kind: "layernorm", role: "ffn", depth: 0, eps: 0, axes: [-1], channels, ...rest };
}

/** Measures rows [rows, channels] as one sequence, or as sequences of the given length, in blocks of the given number of sequences. */
export function measure(
  data: Float32Array,
  norm: Norm,
  { rowsPerSequence, rowsPerPosition = 1, sequencesPerBlock = Infinity, ...options }: Partial<MeasurementOptions> & { rowsPerSequence?: number; rowsPerPosition?: number; sequencesPerBlock?: number } = {},
): MeasuredLayer {
  const rows = data.length / norm.channels;
  const length = rowsPerSequence ?? rows;
  const rowsPerBlock = Math.min(rows, length * sequencesPerBlock);
  const measurement = new LayerMeasurement(norm, { seed: 0, skipFirst: false, ...options });
  for (let row = 0; row < rows; row += rowsPerBlock) {
    const block = data.slice(row * norm.channels, (row + rowsPerBlock) * norm.channels);
    measurement.add({ data: block, rows: block.length / norm.channels, rowsPerSequence: length, rowsPerPosition });
  }
  return measurement.finish();
}

/** Seeded standard normal numbers (Box and Muller). */
export function gaussian(seed: number): () => number {
  const random = xoroshiro128plus(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniformFloat64(random))) * Math.cos(2 * Math.PI * uniformFloat64(random));
}

/**
 * Rows as transformers have them: every token has a scale, every channel a spread and an offset.
 * @param outliers the first row and the eighth channel 1000 times as large
 */
export function realisticRows(rows: number, channels: number, seed: number, outliers = false): Float32Array {
  const random = gaussian(seed);
  const spread = Float64Array.from({ length: channels }, (_, channel) => Math.exp(0.3 * random()) * (outliers && channel === 7 ? 1000 : 1));
  const offset = Float64Array.from({ length: channels }, () => 0.2 * random());
  const data = new Float32Array(rows * channels);
  for (let row = 0; row < rows; row++) {
    const scale = Math.exp(0.4 * random()) * (outliers && row === 0 ? 1000 : 1);
    for (let channel = 0; channel < channels; channel++) data[row * channels + channel] = (random() * spread[channel]! + offset[channel]!) * scale;
  }
  return data;
}

/** x-hat of every element, in float64, by the definition. */
export function normalised(data: Float32Array, norm: Norm): Float64Array {
  const { channels, eps, kind } = norm;
  const result = new Float64Array(data.length);
  for (let start = 0; start < data.length; start += channels) {
    const row = Array.from(data.subarray(start, start + channels));
    const mean = kind === "rmsnorm" ? 0 : row.reduce((sum, x) => sum + x, 0) / channels;
    const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / channels;
    row.forEach((x, channel) => (result[start + channel] = (x - mean) / Math.sqrt(variance + eps)));
  }
  return result;
}

/** Mean of f over all indices below `length`. */
export function meanOf(length: number, f: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += f(i);
  return sum / length;
}

/** Where `f` is lowest: a grid from `low` to `high`, then golden section to 1e-7. Slow and plain, to check quick ones against. */
export function bruteMinimum(f: (x: number) => number, low: number, high: number, step: number): number {
  let best = low;
  let lowest = Infinity;
  for (let x = low; x <= high; x += step) {
    const value = f(x);
    if (value < lowest) [best, lowest] = [x, value];
  }
  const share = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [best - step, best + step];
  let [c, d] = [b - share * (b - a), a + share * (b - a)];
  let [fc, fd] = [f(c), f(d)];
  while (b - a > 1e-7) {
    if (fc < fd) {
      [b, d, fd] = [d, c, fc];
      c = b - share * (b - a);
      fc = f(c);
    } else {
      [a, c, fc] = [c, d, fd];
      d = a + share * (b - a);
      fd = f(d);
    }
  }
  return (a + b) / 2;
}

/** Rows of mean 0 that hold the quantiles of a normal distribution, each row at a scale s with 1/s² ~ Gamma(nu/2, rate nu/2): elements follow Student's t. */
export function studentRows(nu: number, rows: number, channels: number): Float32Array {
  const z = Float64Array.from({ length: channels }, (_, i) => normalQuantile((i + 0.5) / channels));
  const rms = Math.sqrt(meanOf(channels, (i) => z[i]! ** 2));
  const data = new Float32Array(rows * channels);
  for (let row = 0; row < rows; row++) {
    const scale = 1 / Math.sqrt(gammaQuantile(nu / 2, (row + 0.5) / rows) / (nu / 2));
    for (let channel = 0; channel < channels; channel++) data[row * channels + channel] = (scale * z[channel]!) / rms;
  }
  return data;
}

/** P(Z < z) for a standard normal Z. */
export function normalDistribution(z: number): number {
  return (1 + curves.erf.value(z / Math.SQRT2)) / 2;
}

function bisect(increasing: (x: number) => number, target: number, low: number, high: number): number {
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (increasing(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** z with P(Z < z) = share for a standard normal Z. */
export function normalQuantile(share: number): number {
  return bisect(normalDistribution, share, -9, 9);
}

/** Quantile of Gamma(shape, 1) for a whole shape. */
function gammaQuantile(shape: number, share: number): number {
  const distribution = (x: number) => {
    let term = Math.exp(-x);
    let above = 0;
    for (let n = 0; n < shape; n++, term *= x / n) above += term;
    return 1 - above;
  };
  return bisect(distribution, share, 0, 100);
}
