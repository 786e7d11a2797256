import type { Response } from "./response";
import { chooseAlpha, type AlphaBounds } from "./tanh-fit";
import { minimiseNear } from "./minimise";

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
const tolerance = 1e-6;
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
export function fitChannels(response: Response, affine: Affine, weightedSquares: number, start: number, bounds: AlphaBounds): ChannelFit {
  const total = totalSquares(response, affine, weightedSquares);
  const unexplained = weightedSquares - total.aboutChannels;
  const r2 = (logAlpha: number) => {
    const explained = explainedSquares(response, affine, Math.exp(logAlpha));
    return total.aboutGrand === 0 ? 0 : 1 - Math.max(0, unexplained - explained) / total.aboutGrand;
  };
  const best = minimiseNear((logAlpha) => -r2(logAlpha), bounds, Math.log(start), firstStep, tolerance);
  const { alpha } = chooseAlpha(r2, best, r2(bounds.low), bounds);
  return { alpha, r2: r2(Math.log(alpha)), ...gainsAt(response, affine, alpha) };
}

/** Per channel c at one alpha: what a regression of x-hat on tanh(alpha * x) needs. */
interface Regression {
  readonly meanT: number;
  readonly meanY: number;
  readonly gain: number;
  /** Sum of squares that the regression explains. */
  readonly explained: number;
}

/** Values that a bin gives to the sums over tanh, corrected to second order for the place of x inside the bin. */
function basisAt(response: Response, alpha: number): Float64Array {
  const basis = new Float64Array(response.bins.length * 4);
  response.bins.forEach(({ meanX, varianceX }, i) => {
    const t = Math.tanh(alpha * meanX);
    const slope = alpha * (1 - t * t);
    const bend = -2 * alpha * t * slope;
    basis[4 * i] = t + (bend * varianceX) / 2;
    basis[4 * i + 1] = slope;
    basis[4 * i + 2] = t * t + (slope * slope + t * bend) * varianceX;
    basis[4 * i + 3] = 2 * t * slope;
  });
  return basis;
}

function regress(response: Response, channel: number, basis: Float64Array): Regression {
  const { cells } = response;
  let count = 0;
  let sumT = 0;
  let sumTT = 0;
  let sumTY = 0;
  let sumY = 0;
  for (let i = 0, cell = channel * basis.length; i < basis.length; i += 4, cell += 4) {
    const n = cells[cell]!;
    if (n === 0) continue;
    const x = cells[cell + 1]!;
    const y = cells[cell + 2]!;
    const value = basis[i]!;
    const slope = basis[i + 1]!;
    count += n;
    sumT += n * value + x * slope;
    sumTT += n * basis[i + 2]! + x * basis[i + 3]!;
    sumTY += y * value + cells[cell + 3]! * slope;
    sumY += y;
  }
  const varianceT = sumTT - (sumT * sumT) / count;
  const covariance = sumTY - (sumT * sumY) / count;
  const gain = varianceT <= noSpread * sumTT ? 0 : covariance / varianceT;
  return { meanT: sumT / count, meanY: sumY / count, gain, explained: gain * covariance };
}

function explainedSquares(response: Response, affine: Affine, alpha: number): number {
  const basis = basisAt(response, alpha);
  let explained = 0;
  for (let channel = 0; channel < response.channels; channel++) {
    const weight = affine.weight[channel]!;
    if (weight !== 0) explained += weight * weight * regress(response, channel, basis).explained;
  }
  return explained;
}

function gainsAt(response: Response, affine: Affine, alpha: number): { gain: Float32Array; offset: Float32Array } {
  const basis = basisAt(response, alpha);
  const gain = new Float32Array(response.channels);
  const offset = new Float32Array(response.channels);
  for (let channel = 0; channel < response.channels; channel++) {
    const fit = regress(response, channel, basis);
    const weight = affine.weight[channel]!;
    gain[channel] = weight * fit.gain;
    offset[channel] = weight * (fit.meanY - fit.gain * fit.meanT) + affine.bias[channel]!;
  }
  return { gain, offset };
}

/** Squares of y about its grand mean, and the part of weightedSquares that the channels' own means make up. */
function totalSquares(response: Response, affine: Affine, weightedSquares: number): { aboutGrand: number; aboutChannels: number } {
  const rows = response.bins.reduce((sum, bin) => sum + bin.count, 0) / response.channels;
  const cellsPerChannel = response.bins.length * 4;
  let sumY = 0;
  let sumSquares = weightedSquares;
  let aboutChannels = 0;
  for (let channel = 0; channel < response.channels; channel++) {
    const weight = affine.weight[channel]!;
    const bias = affine.bias[channel]!;
    let normalised = 0;
    for (let cell = channel * cellsPerChannel + 2; cell < (channel + 1) * cellsPerChannel; cell += 4) normalised += response.cells[cell]!;
    sumY += weight * normalised + rows * bias;
    sumSquares += 2 * weight * bias * normalised + rows * bias * bias;
    aboutChannels += (weight * normalised) ** 2 / rows;
  }
  return { aboutGrand: Math.max(0, sumSquares - (sumY * sumY) / (rows * response.channels)), aboutChannels };
}
