import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { fastTanh } from "./fast-tanh";
import type { Nodes } from "./nodes";
import type { SampledRow, WeightedRow } from "./row-sample";

/** Bootstrap replicates. */
const replicates = 1000;

/** 95 % interval on alpha. */
export interface AlphaInterval {
  readonly low: number;
  readonly high: number;
}

/** A fit of gain * tanh(alpha * x) + offset. */
interface Fit {
  readonly alpha: number;
  readonly gain: number;
  readonly offset: number;
}

/**
 * 95 % interval on alpha by resampling tokens, not elements: elements of one row hang together, so that elements drawn singly would
 * make the interval too narrow. The bootstrap is Rubin's (1981): in each replicate a row counts a random number of times, on average
 * as often as it stands for rows, and with that variance. What a row's count does to log alpha is its influence: a Newton step from the
 * fit, with the curvature over all rows.
 * @param nodes of all rows
 * @param rows that stand for all rows
 */
export function alphaInterval(nodes: Nodes, rows: readonly WeightedRow[], fit: Fit, seed: number): AlphaInterval {
  const influences = influencesOn(nodes, rows, fit);
  const random = xoroshiro128plus(seed);
  const shifts = Float64Array.from({ length: replicates }, () =>
    rows.reduce((shift, { weight }, row) => shift + (timesCounted(weight, random) - weight) * influences[row]!, 0),
  ).sort();
  const at = (share: number) => fit.alpha * Math.exp(shifts[Math.round(share * (replicates - 1))]!);
  return { low: Math.min(fit.alpha, at(0.025)), high: Math.max(fit.alpha, at(0.975)) };
}

/** A random number of mean and variance `weight`: exponential for a row that stands for itself, else normal, and never negative. */
function timesCounted(weight: number, random: RandomGenerator): number {
  const exponential = -Math.log(1 - uniformFloat64(random));
  if (weight === 1) return exponential;
  const normal = Math.sqrt(2 * exponential) * Math.cos(2 * Math.PI * uniformFloat64(random));
  return Math.max(0, weight + Math.sqrt(weight) * normal);
}

/** How far log alpha moves when a row counts once more, for every row. */
function influencesOn(nodes: Nodes, rows: readonly WeightedRow[], fit: Fit): Float64Array {
  const direction = firstRowOfInverse(curvature(nodes, fit));
  const elements = rows.reduce((sum, { row, weight }) => sum + weight * row.x.length, 0);
  return Float64Array.from(rows, ({ row }) => {
    const [byAlpha, byGain, byOffset] = gradient(row, fit);
    return (direction[0] * byAlpha + direction[1] * byGain + direction[2] * byOffset) / elements;
  });
}

/** A vector over (log alpha, gain, offset). */
type Triple = readonly [number, number, number];

/** Upper triangle of a symmetric matrix over (log alpha, gain, offset). */
interface Curvature {
  readonly aa: number;
  readonly ag: number;
  readonly ao: number;
  readonly gg: number;
  readonly go: number;
  readonly oo: number;
}

/** Half the Hessian of the mean squared residual; the full one, since tanh does not hold exactly. */
function curvature({ x, y, weight }: Nodes, { alpha, gain, offset }: Fit): Curvature {
  const sums = { aa: 0, ag: 0, ao: 0, gg: 0, go: 0, oo: 0 };
  for (let i = 0; i < x.length; i++) {
    const z = alpha * x[i]!;
    const tanh = fastTanh(z);
    const slope = z * (1 - tanh * tanh);
    const byAlpha = gain * slope;
    const residual = y[i]! - gain * tanh - offset;
    sums.aa += weight[i]! * (byAlpha * byAlpha - residual * byAlpha * (1 - 2 * z * tanh));
    sums.ag += weight[i]! * (byAlpha * tanh - residual * slope);
    sums.ao += weight[i]! * byAlpha;
    sums.gg += weight[i]! * tanh * tanh;
    sums.go += weight[i]! * tanh;
    sums.oo += weight[i]!;
  }
  return sums;
}

/** Half the negative gradient of a row's sum of squared residuals. */
function gradient({ x, centre, inverse }: SampledRow, { alpha, gain, offset }: Fit): Triple {
  let byAlpha = 0;
  let byGain = 0;
  let byOffset = 0;
  for (let i = 0; i < x.length; i++) {
    const z = alpha * x[i]!;
    const tanh = fastTanh(z);
    const residual = (x[i]! - centre) * inverse - gain * tanh - offset;
    byAlpha += gain * z * (1 - tanh * tanh) * residual;
    byGain += tanh * residual;
    byOffset += residual;
  }
  return [byAlpha, byGain, byOffset];
}

/** First row of the inverse, by Cramer's rule; zeros where the matrix is not positive definite. */
function firstRowOfInverse({ aa, ag, ao, gg, go, oo }: Curvature): Triple {
  const minors: Triple = [gg * oo - go * go, ao * go - ag * oo, ag * go - ao * gg];
  const determinant = aa * minors[0] + ag * minors[1] + ao * minors[2];
  return determinant > 0 ? [minors[0] / determinant, minors[1] / determinant, minors[2] / determinant] : [0, 0, 0];
}
