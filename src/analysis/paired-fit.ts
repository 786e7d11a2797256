import type { ReplacementCurve } from "../shared/replacement";
import { curves } from "./curves";
import { fastCurves } from "./fast-curves";
import { minimiseNear, type Range } from "./minimise";
import { chooseAlpha } from "./tanh-fit";

/** What a layer is fed, and what it should give: the rows of one layer, each with its channels. */
export interface PairedRows {
  /** [rows, channels], row-major. */
  readonly x: Float32Array;
  /** [rows, channels]: what the replacement should give for `x`. */
  readonly y: Float32Array;
  readonly channels: number;
  /** Numbers of the rows that count, ascending; the others are left out. */
  readonly rows: readonly number[];
}

/** gain_c * f(alpha * x + shift) + offset_c that comes nearest to y. */
export interface PairedFit {
  readonly alpha: number;
  readonly shift: number;
  /** [C] each. */
  readonly gain: Float32Array;
  readonly offset: Float32Array;
  /** Share of the variance of y inside channels that it explains, over the rows that alpha was looked for on. */
  readonly r2: number;
}

/** What is looked for. */
export interface PairedFitOptions {
  readonly curve: ReplacementCurve;
  /** alpha to start from, as of a fit on the original network. */
  readonly start: number;
  /** alpha is given, not looked for. */
  readonly fixed?: boolean;
  /** Whether a shift inside the curve is looked for. */
  readonly shifted?: boolean;
}

/** Elements that alpha is looked for on: gains and offsets use all rows, one alpha for all channels needs few. */
const searchedElements = 2 ** 19;
/** Accuracy of log alpha, and of the shift. */
const tolerance = 1e-4;
const firstStep = 0.25;
/** Shift and alpha are looked for in turn, until the shift moves no more than this. */
const settledShift = 1e-3;
const mostRounds = 8;
/** Share of a channel's f² below which its spread is rounding. */
const noSpread = 1e-13;
/** The golden ratio's fraction, whose multiples lie evenly in 0 to 1 whatever their number. */
const golden = (Math.sqrt(5) - 1) / 2;

/**
 * Least squares over rows and channels: one alpha (and shift) for the layer, a gain and an offset for every channel, which for fixed alpha are a
 * regression each. Where a line does as well, alpha is the largest that does (see chooseAlpha).
 */
export function fitPairs(pairs: PairedRows, { curve, start, fixed = false, shifted = false }: PairedFitOptions): PairedFit {
  const searched = { ...pairs, rows: spread(pairs.rows, Math.max(1, Math.floor(searchedElements / pairs.channels))) };
  const r2At = (alpha: number, shift: number): number => explainedShare(searched, fastCurves[curve], alpha, shift);
  let alpha = start;
  let shift = 0;
  if (!fixed) {
    const bounds = alphaRange(searched);
    const search = (): number => {
      const r2 = (logAlpha: number): number => r2At(Math.exp(logAlpha), shift);
      const best = minimiseNear((logAlpha) => -r2(logAlpha), bounds, Math.log(alpha), firstStep, tolerance);
      return Math.exp(chooseAlpha(r2, best, r2(bounds.low), bounds).logAlpha);
    };
    alpha = search();
    for (let round = 0, moved = Infinity; shifted && round < mostRounds && moved > settledShift; round++) {
      const before = shift;
      shift = minimiseNear((s) => -r2At(alpha, s), { low: -2, high: 2 }, shift, 0.1, tolerance);
      alpha = search();
      moved = Math.abs(shift - before);
    }
  }
  return { alpha, shift, r2: r2At(alpha, shift), ...gains(pairs, curves[curve].value, alpha, shift) };
}

/** From where the curve is a line for every element to where it is a step for the typical one, as logarithms. */
function alphaRange({ x, channels, rows }: PairedRows): Range {
  let largest = 0;
  let squares = 0;
  for (const row of rows) {
    for (let i = row * channels; i < (row + 1) * channels; i++) {
      const magnitude = Math.abs(x[i]!);
      largest = Math.max(largest, magnitude);
      squares += Math.min(magnitude, 1e18) ** 2;
    }
  }
  const rms = Math.sqrt(squares / Math.max(1, rows.length * channels));
  return largest === 0 ? { low: Math.log(0.01), high: Math.log(16) } : { low: Math.log(0.01 / largest), high: Math.log(16 / rms) };
}

/** At most `count` of the rows, evenly spread without a period that sequences could have. */
function spread(rows: readonly number[], count: number): readonly number[] {
  if (rows.length <= count) return rows;
  const places = new Set(Array.from({ length: count }, (_, index) => Math.floor(((index * golden) % 1) * rows.length)));
  return [...places].sort((a, b) => a - b).map((place) => rows[place]!);
}

/** Sums of one regression for each channel. */
interface Sums {
  readonly f: Float64Array;
  readonly ff: Float64Array;
  readonly fy: Float64Array;
  readonly y: Float64Array;
  readonly yy: Float64Array;
}

function sumsAt({ x, y, channels, rows }: PairedRows, f: (z: number) => number, alpha: number, shift: number): Sums {
  const empty = (): Float64Array => new Float64Array(channels);
  const sums: Sums = { f: empty(), ff: empty(), fy: empty(), y: empty(), yy: empty() };
  for (const row of rows) {
    for (let channel = 0, i = row * channels; channel < channels; channel++, i++) {
      const value = f(alpha * x[i]! + shift);
      const target = y[i]!;
      sums.f[channel]! += value;
      sums.ff[channel]! += value * value;
      sums.fy[channel]! += value * target;
      sums.y[channel]! += target;
      sums.yy[channel]! += target * target;
    }
  }
  return sums;
}

function regress({ f, ff, fy, y }: Sums, channel: number, rows: number): { gain: number; explained: number } {
  const spreadOfF = ff[channel]! - f[channel]! ** 2 / rows;
  const product = fy[channel]! - (f[channel]! * y[channel]!) / rows;
  const gain = spreadOfF <= noSpread * ff[channel]! ? 0 : product / spreadOfF;
  return { gain, explained: gain * product };
}

function explainedShare(pairs: PairedRows, f: (z: number) => number, alpha: number, shift: number): number {
  const sums = sumsAt(pairs, f, alpha, shift);
  const rows = pairs.rows.length;
  let explained = 0;
  let total = 0;
  for (let channel = 0; channel < pairs.channels; channel++) {
    explained += regress(sums, channel, rows).explained;
    total += sums.yy[channel]! - sums.y[channel]! ** 2 / rows;
  }
  return total <= 0 ? 0 : explained / total;
}

function gains(pairs: PairedRows, f: (z: number) => number, alpha: number, shift: number): { gain: Float32Array; offset: Float32Array } {
  const sums = sumsAt(pairs, f, alpha, shift);
  const rows = pairs.rows.length;
  const gain = new Float32Array(pairs.channels);
  const offset = new Float32Array(pairs.channels);
  for (let channel = 0; channel < pairs.channels; channel++) {
    const fit = regress(sums, channel, rows);
    gain[channel] = fit.gain;
    offset[channel] = rows === 0 ? 0 : (sums.y[channel]! - fit.gain * sums.f[channel]!) / rows;
  }
  return { gain, offset };
}
