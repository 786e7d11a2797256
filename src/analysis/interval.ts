import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { fastTanh } from "./fast-tanh";
import type { SampledRow } from "./row-sample";

/** Bootstrap replicates. */
const replicates = 200;
/** Sums of one row: gradient of log alpha, gain and offset, then the upper triangle of their Hessian. */
const sumsPerRow = 9;

/** 95 % interval on alpha. */
export interface AlphaInterval {
  readonly low: number;
  readonly high: number;
}

/**
 * 95 % interval on alpha by resampling tokens, not elements: elements of one row hang together, so that elements drawn
 * singly would make the interval too narrow. Each replicate moves (log alpha, gain, offset) by one Newton step from the fit,
 * with the full Hessian, since tanh does not hold exactly; the spread is scaled from the sample to all rows by sqrt(sampled / rows).
 * @param rows random sample of the rows that were fitted
 * @param total number of rows that were fitted
 */
export function alphaInterval(
  rows: readonly SampledRow[],
  total: number,
  fit: { readonly alpha: number; readonly gain: number; readonly offset: number },
  seed: number,
): AlphaInterval {
  const sums = centredSums(rows, fit);
  const random = xoroshiro128plus(seed);
  const shifts = new Float64Array(replicates);
  const resampled = new Float64Array(sumsPerRow);
  for (let replicate = 0; replicate < replicates; replicate++) {
    resampled.fill(0);
    for (let draw = 0; draw < rows.length; draw++) {
      const row = uniformInt(random, 0, rows.length - 1) * sumsPerRow;
      for (let i = 0; i < sumsPerRow; i++) resampled[i]! += sums[row + i]!;
    }
    shifts[replicate] = logAlphaStep(resampled);
  }
  shifts.sort();
  const shrink = Math.sqrt(rows.length / total);
  const at = (share: number) => fit.alpha * Math.exp(shrink * shifts[Math.round(share * (replicates - 1))]!);
  return { low: Math.min(fit.alpha, at(0.025)), high: Math.max(fit.alpha, at(0.975)) };
}

/** Sums of every row [rows, 9], gradients less their mean: the fit is the optimum over all rows, so its gradient counts as 0. */
function centredSums(rows: readonly SampledRow[], fit: { readonly alpha: number; readonly gain: number; readonly offset: number }): Float64Array {
  const sums = new Float64Array(rows.length * sumsPerRow);
  rows.forEach((row, i) => {
    sums.set(rowSums(row, fit), i * sumsPerRow);
  });
  for (let i = 0; i < 3; i++) {
    let mean = 0;
    for (let row = 0; row < rows.length; row++) mean += sums[row * sumsPerRow + i]! / rows.length;
    for (let row = 0; row < rows.length; row++) sums[row * sumsPerRow + i]! -= mean;
  }
  return sums;
}

function rowSums(
  { x, centre, inverse }: SampledRow,
  { alpha, gain, offset }: { readonly alpha: number; readonly gain: number; readonly offset: number },
): number[] {
  let ar = 0;
  let tr = 0;
  let r = 0;
  let aa = 0;
  let at = 0;
  let a = 0;
  let tt = 0;
  let t = 0;
  for (let i = 0; i < x.length; i++) {
    const z = alpha * x[i]!;
    const tanh = fastTanh(z);
    const slope = z * (1 - tanh * tanh);
    const byAlpha = gain * slope;
    const residual = (x[i]! - centre) * inverse - gain * tanh - offset;
    ar += byAlpha * residual;
    tr += tanh * residual;
    r += residual;
    aa += byAlpha * byAlpha - residual * byAlpha * (1 - 2 * z * tanh);
    at += byAlpha * tanh - residual * slope;
    a += byAlpha;
    tt += tanh * tanh;
    t += tanh;
  }
  return [ar, tr, r, aa, at, a, tt, t, x.length];
}

/** First component of the solution of the 3 x 3 normal equations, by Cramer's rule; 0 where they are singular. */
function logAlphaStep(sums: Float64Array): number {
  const [ar, tr, r] = [sums[0]!, sums[1]!, sums[2]!];
  const [aa, at, a, tt, t, n] = [sums[3]!, sums[4]!, sums[5]!, sums[6]!, sums[7]!, sums[8]!];
  const determinant = aa * (tt * n - t * t) - at * (at * n - t * a) + a * (at * t - tt * a);
  const numerator = ar * (tt * n - t * t) - at * (tr * n - t * r) + a * (tr * t - tt * r);
  return determinant > 0 ? numerator / determinant : 0;
}
