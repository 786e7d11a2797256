import { cellSize } from "./bench";
import type { Response } from "./response";
import { chooseAlpha } from "./tanh-fit";
import { minimiseNear, type Range } from "./minimise";

/** What a layer does after the affine: y = weight * x-hat + bias. */
export interface Affine {
  /** [C] each. */
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

/** One alpha, with gain and offset [C] of the DyT that replaces the norm and its affine. */
export interface ChannelFit {
  readonly alpha: number;
  /** Against the variance of y about its grand mean over tokens and channels. */
  readonly r2: number;
  readonly gain: Float32Array;
  readonly offset: Float32Array;
}

/** Accuracy of log alpha. */
const tolerance = 1e-5;
/** First step of the walk from the pooled alpha, in log alpha. */
const firstStep = 0.25;
/** Share of a channel's tanh² below which its spread is rounding. */
const noSpread = 1e-13;

/**
 * Minimises the sum over tokens and channels of (gain_c * tanh(alpha * x) + offset_c - y)² over one alpha and every gain and offset,
 * which for fixed alpha are one regression for each channel. alpha is the optimum next to `start`; where it is as good as a line,
 * the largest that is (see chooseAlpha).
 * @param weightedSquares sum over tokens and channels of (weight * x-hat)²
 * @param start alpha of the pooled fit
 */
export function fitChannels(response: Response, affine: Affine, weightedSquares: number, start: number, bounds: Range): ChannelFit {
  const channels = channelSums(response, affine.weight.length);
  const total = totalSquares(channels, affine, weightedSquares);
  const r2 = remembering((logAlpha) => {
    const unexplained = total.withinChannels - explainedSquares(response, channels, affine, Math.exp(logAlpha));
    return total.overall === 0 ? 0 : 1 - Math.max(0, unexplained) / total.overall;
  });
  if (total.withinChannels <= 0 || weightedSquares === 0) return { alpha: start, r2: 0, ...gainsAt(response, channels, affine, start) };
  const best = minimiseNear((logAlpha) => -r2(logAlpha), bounds, Math.log(start), firstStep, tolerance);
  const { logAlpha } = chooseAlpha(r2, best, r2(bounds.low), bounds);
  const alpha = Math.exp(logAlpha);
  return { alpha, r2: r2(logAlpha), ...gainsAt(response, channels, affine, alpha) };
}

/** Rows of the layer, and the sum of x-hat over them for each channel. */
interface ChannelSums {
  readonly rows: number;
  readonly sumY: Float64Array;
}

function channelSums({ bins, cells, cellsFrom }: Response, channels: number): ChannelSums {
  const rows = bins.reduce((sum, bin) => sum + bin.count, 0) / channels;
  const sumY = new Float64Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    for (let i = cellsFrom[channel]!; i < cellsFrom[channel + 1]!; i++) sumY[channel]! += cells[cellSize * i + 2]!;
  }
  return { rows, sumY };
}

/** Squares of y about its grand mean, and about the mean of each channel. */
function totalSquares({ rows, sumY }: ChannelSums, { weight, bias }: Affine, weightedSquares: number): { overall: number; withinChannels: number } {
  let sum = 0;
  let squares = weightedSquares;
  let withinChannels = weightedSquares;
  for (let channel = 0; channel < sumY.length; channel++) {
    const weighted = weight[channel]! * sumY[channel]!;
    sum += weighted + rows * bias[channel]!;
    squares += bias[channel]! * (2 * weighted + rows * bias[channel]!);
    withinChannels -= (weighted * weighted) / rows;
  }
  return { overall: Math.max(0, squares - (sum * sum) / (rows * sumY.length)), withinChannels };
}

/** Values that a bin gives to the sums over tanh, corrected to second order for the place of x inside the bin: [bins, 4]. */
function basisAt(response: Response, alpha: number): Float64Array {
  const basis = new Float64Array(response.bins.length * cellSize);
  response.bins.forEach(({ meanX, varianceX }, bin) => {
    const t = Math.tanh(alpha * meanX);
    const slope = alpha * (1 - t * t);
    const bend = -2 * alpha * t * slope;
    basis[cellSize * bin] = t + (bend * varianceX) / 2;
    basis[cellSize * bin + 1] = slope;
    basis[cellSize * bin + 2] = t * t + (slope * slope + t * bend) * varianceX;
    basis[cellSize * bin + 3] = 2 * t * slope;
  });
  return basis;
}

/** Regression of one channel's x-hat on tanh(alpha * x). */
interface Regression {
  readonly sumT: number;
  readonly gain: number;
  /** Sum of squares that it explains. */
  readonly explained: number;
}

function regress({ cells, cellsFrom, binOfCell }: Response, { rows, sumY }: ChannelSums, channel: number, basis: Float64Array): Regression {
  const end = cellsFrom[channel + 1]!;
  let sumT = 0;
  let sumTT = 0;
  let sumTY = 0;
  for (let i = cellsFrom[channel]!; i < end; i++) {
    const cell = cellSize * i;
    const bin = cellSize * binOfCell[i]!;
    const count = cells[cell]!;
    const x = cells[cell + 1]!;
    const value = basis[bin]!;
    const slope = basis[bin + 1]!;
    sumT += count * value + x * slope;
    sumTT += count * basis[bin + 2]! + x * basis[bin + 3]!;
    sumTY += cells[cell + 2]! * value + cells[cell + 3]! * slope;
  }
  const squaresT = sumTT - (sumT * sumT) / rows;
  const productsTY = sumTY - (sumT * sumY[channel]!) / rows;
  const gain = squaresT <= noSpread * sumTT ? 0 : productsTY / squaresT;
  return { sumT, gain, explained: gain * productsTY };
}

function explainedSquares(response: Response, channels: ChannelSums, { weight }: Affine, alpha: number): number {
  const basis = basisAt(response, alpha);
  let explained = 0;
  for (let channel = 0; channel < weight.length; channel++) {
    if (weight[channel] === 0) continue;
    explained += weight[channel]! ** 2 * regress(response, channels, channel, basis).explained;
  }
  return explained;
}

function gainsAt(response: Response, channels: ChannelSums, { weight, bias }: Affine, alpha: number): { gain: Float32Array; offset: Float32Array } {
  const basis = basisAt(response, alpha);
  const gain = new Float32Array(weight.length);
  const offset = new Float32Array(weight.length);
  for (let channel = 0; channel < weight.length; channel++) {
    const fit = regress(response, channels, channel, basis);
    gain[channel] = weight[channel]! * fit.gain;
    offset[channel] = (weight[channel]! * (channels.sumY[channel]! - fit.gain * fit.sumT)) / channels.rows + bias[channel]!;
  }
  return { gain, offset };
}

/** Keeps the values of a function that is slow to compute. */
function remembering(f: (x: number) => number): (x: number) => number {
  const known = new Map<number, number>();
  return (x) => {
    const value = known.get(x) ?? f(x);
    known.set(x, value);
    return value;
  };
}
