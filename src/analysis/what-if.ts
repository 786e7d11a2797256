import { saturationThresholds, type LayerResult, type SaturationThreshold } from "../shared/result";

/** What a layer would look like at another alpha. */
export interface WhatIf {
  readonly alpha: number;
  /** Least-squares gain and offset at this alpha. */
  readonly gain: number;
  readonly offset: number;
  /** R² of gain * tanh(alpha * x) + offset. */
  readonly r2: number;
  /** R² of tanh(alpha * x) alone. */
  readonly unitGainR2: number;
  /** Share of elements with |alpha * x| above each threshold. */
  readonly saturation: Readonly<Record<SaturationThreshold, number>>;
}

/**
 * The closed form of the pooled fit at a given alpha, from what a result keeps of the layer. With n, x, y the count, mean x and mean x-hat
 * of a bin, t = tanh(alpha * x) and averages weighted by n:
 *
 *   gain = cov(t, y) / var(t), offset = mean(y) - gain * mean(t), unexplained between the bins = var(y) - gain * cov(t, y).
 *
 * What varies inside the bins no function of x explains, so R² = ceiling * (1 - unexplained / var(y)), where ceiling is the R² of the binned
 * mean. Bins are a tenth wide in asinh(x / scale), which leaves R² right to about 1e-3 (test/analysis/what-if.test.ts).
 *
 * @param alpha above 0
 * @returns undefined where the layer has no fit.
 */
export function whatIf({ curve, ceiling, fit }: LayerResult, alpha: number): WhatIf | undefined {
  const { x, y, count } = curve.binnedMean;
  if ((fit.status !== "ok" && fit.status !== "linear") || x.length === 0) return undefined;
  const total = sum(count);
  const t = x.map((each) => Math.tanh(alpha * each));
  const mean = (values: readonly number[]) => sum(values.map((value, bin) => value * count[bin]!)) / total;
  const meanT = mean(t);
  const meanY = mean(y);
  const varianceT = mean(t.map((each) => (each - meanT) ** 2));
  const varianceY = mean(y.map((each) => (each - meanY) ** 2));
  const covariance = mean(t.map((each, bin) => (each - meanT) * (y[bin]! - meanY)));
  const gain = varianceT === 0 ? 0 : covariance / varianceT;
  const share = (unexplained: number) => (varianceY === 0 ? 0 : ceiling.r2 - (ceiling.r2 * unexplained) / varianceY);
  return {
    alpha,
    gain,
    offset: meanY - gain * meanT,
    r2: share(varianceY - gain * covariance),
    unitGainR2: share(mean(t.map((each, bin) => (each - y[bin]!) ** 2))),
    saturation: saturationAt(x, count, alpha),
  };
}

/** Shares of the elements beyond threshold / alpha, as if those of a bin lay evenly around its mean, half way to its neighbours. */
function saturationAt(x: readonly number[], count: readonly number[], alpha: number): WhatIf["saturation"] {
  const total = sum(count);
  const edges = [2 * x[0]! - (x[1] ?? x[0]!), ...x, 2 * x.at(-1)! - (x.at(-2) ?? x.at(-1)!)];
  const beyond = (threshold: number) =>
    sum(count.map((each, bin) => each * shareOutside((edges[bin]! + edges[bin + 1]!) / 2, (edges[bin + 1]! + edges[bin + 2]!) / 2, threshold))) / total;
  return Object.fromEntries(saturationThresholds.map((threshold) => [threshold, beyond(Number(threshold) / alpha)])) as Record<SaturationThreshold, number>;
}

/** Share of the interval from low to high that lies outside -limit to limit. */
function shareOutside(low: number, high: number, limit: number): number {
  if (high === low) return Math.abs(low) > limit ? 1 : 0;
  return (Math.max(0, high - Math.max(low, limit)) + Math.max(0, Math.min(high, -limit) - low)) / (high - low);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
