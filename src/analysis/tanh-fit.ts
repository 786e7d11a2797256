import type { PooledFit } from "../shared/result";
import { lastWhere, minimiseGlobally, type Range } from "./minimise";
import type { Line, Nodes } from "./nodes";

/** Tanh must explain this much more of the variance than the line does, or alpha counts as undetermined. */
const decisiveGain = 1e-3;
/** An undetermined alpha is the largest whose R² is within this of the best. */
const indifference = 1e-4;
/** Accuracy of log alpha. */
const tolerance = 1e-6;
/** Spacing of the first look for the optimum, in log alpha. */
const gridSpacing = Math.LN2;
/** alpha of a layer without a fit: what DyT starts from where nothing is known. */
export const neutralAlpha = 0.5;

/** From where tanh is a line for every element (alpha * |x| <= 0.01) to where it is a step for the typical one (alpha * scale = 16), as natural logarithms. */
export function alphaBounds(absMax: number, scale: number): Range {
  return { low: Math.log(0.01 / absMax), high: Math.log(16 / scale) };
}

/** Choice of alpha for a curve that may be as good as a line. */
export interface AlphaChoice {
  readonly status: "ok" | "linear";
  readonly logAlpha: number;
}

/**
 * The best alpha where it beats the line clearly; else the largest alpha that does as well as the best.
 * @param r2 of the curve at a log alpha, falling on both sides of `best`
 */
export function chooseAlpha(r2: (logAlpha: number) => number, best: number, lineR2: number, bounds: Range): AlphaChoice {
  const bestR2 = Math.max(r2(best), lineR2);
  if (bestR2 - lineR2 >= decisiveGain) return { status: "ok", logAlpha: best };
  const asGood = (logAlpha: number) => r2(logAlpha) >= bestR2 - indifference;
  return { status: "linear", logAlpha: lastWhere(asGood, best, bounds.high, 1e-4) };
}

/** Least-squares gain and offset of x-hat on given values, and the R² they reach. */
export interface GainAndOffset {
  readonly gain: number;
  readonly offset: number;
  readonly r2: number;
}

/** Fit of gain * tanh(alpha * x) + offset. */
export interface TanhFit extends GainAndOffset {
  readonly status: "ok" | "linear";
  readonly alpha: number;
}

/** Fit of gain * tanh(alpha * x) + offset at a fixed alpha. */
export function fitAt(nodes: Nodes, alpha: number): GainAndOffset {
  const { x, y, weight, meanY } = nodes;
  let sumT = 0;
  let sumTT = 0;
  let sumTY = 0;
  for (let i = 0; i < x.length; i++) {
    const t = Math.tanh(alpha * x[i]!);
    const weighted = weight[i]! * t;
    sumT += weighted;
    sumTT += weighted * t;
    sumTY += weighted * (y[i]! - meanY);
  }
  const variance = sumTT - sumT * sumT;
  const gain = variance <= 0 ? 0 : sumTY / variance;
  return { gain, offset: meanY - gain * sumT, r2: Math.min(1, (gain * sumTY) / nodes.varianceY) };
}

/** R² of tanh(alpha * x) alone; negative where it is worse than the mean. */
function unitGainR2(nodes: Nodes, alpha: number): number {
  const { x, y, weight, meanY, varianceY } = nodes;
  let residual = 0;
  for (let i = 0; i < x.length; i++) {
    const t = Math.tanh(alpha * x[i]!) - meanY;
    residual += weight[i]! * t * (t - 2 * (y[i]! - meanY));
  }
  return -residual / varianceY;
}

/** Fit of tanh(alpha * x) with nothing else. */
export function fitUnitGain(nodes: Nodes, bounds: Range): PooledFit["unitGain"] {
  const loss = (logAlpha: number) => -unitGainR2(nodes, Math.exp(logAlpha));
  const alpha = Math.exp(minimiseGlobally(loss, bounds, gridSpacing, tolerance));
  return { alpha, r2: unitGainR2(nodes, alpha) };
}

/**
 * Fit of gain * tanh(alpha * x) + offset to x-hat, with status "ok" or "linear": linear where the best alpha explains less than 0.001 more
 * of the variance than the least-squares line; alpha is then the largest whose R² is within 0.0001 of the best.
 */
export function fitTanh(nodes: Nodes, line: Line, bounds: Range): TanhFit {
  const r2 = (logAlpha: number) => fitAt(nodes, Math.exp(logAlpha)).r2;
  const best = minimiseGlobally((logAlpha) => -r2(logAlpha), bounds, gridSpacing, tolerance);
  const { status, logAlpha } = chooseAlpha(r2, best, line.r2, bounds);
  const alpha = Math.exp(logAlpha);
  return { status, alpha, ...fitAt(nodes, alpha) };
}

