import type { CurveData, LayerResult } from "../../src/shared/result";
import type { LayerViewState } from "./view-state";

/** What a drawing shows of x and of the norm's output. */
export interface Extent {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/** Share of the elements outside the central range, at either end. */
const outside = 0.005;

/** The part of the plane that the view asks for, with a margin. */
export function extentOf({ curve }: LayerResult, points: readonly { readonly x: number; readonly y: number }[], { range, side }: LayerViewState): Extent {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  if (range === "all") {
    const whole = side === "before" ? [curve.density.xMin, curve.density.xMax, ...curve.binnedMean.x] : [];
    const wholeY = side === "before" ? [curve.density.yMin, curve.density.yMax, ...curve.binnedMean.y] : [];
    return { x: widened(least([...xs, ...whole]), most([...xs, ...whole])), y: widened(least([...ys, ...wholeY]), most([...ys, ...wholeY])) };
  }
  const { x, count } = curve.binnedMean;
  const y = side === "before" ? centralRows(curve.density) : centralOf([...ys].sort((a, b) => a - b), ys.map(() => 1));
  return { x: widened(...centralOf(x, count)), y: widened(...y) };
}

/** The values between which all but the outermost shares lie, of ascending values with their counts. */
function centralOf(values: readonly number[], counts: readonly number[]): [number, number] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  let low = values[0] ?? 0;
  for (const [index, value] of values.entries()) {
    if (below <= outside * total) low = value;
    below += counts[index] ?? 0;
    if (below >= (1 - outside) * total) return [low, value];
  }
  return [low, values.at(-1) ?? 0];
}

function centralRows({ yMin, yMax, rows, columns, counts }: CurveData["density"]): [number, number] {
  const height = (yMax - yMin) / (rows || 1);
  const middles = Array.from({ length: rows }, (_, row) => yMin + (row + 0.5) * height);
  const inRow = middles.map((_, row) => counts.slice(row * columns, (row + 1) * columns).reduce((sum, count) => sum + count, 0));
  return centralOf(middles, inRow);
}

function widened(low: number, high: number): readonly [number, number] {
  const margin = 0.04 * (high - low) || 1;
  return [low - margin, high + margin];
}

function least(values: readonly number[]): number {
  return values.reduce((low, value) => Math.min(low, value), Infinity);
}

function most(values: readonly number[]): number {
  return values.reduce((high, value) => Math.max(high, value), -Infinity);
}
