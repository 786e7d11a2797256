import type { Moments } from "./moments";
import type { Response } from "./response";

/**
 * The pooled (x, x-hat) data in a few hundred weighted points: each bin stands as two points that keep its count, means, variance of x
 * and covariance, so that sums over them are right to second order inside a bin.
 */
export interface Nodes {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Shares of the elements; they sum to 1. */
  readonly weight: Float64Array;
  /** Mean and variance of x-hat over all elements, what the points leave out included. */
  readonly meanY: number;
  readonly varianceY: number;
}

/** @param y moments of x-hat over all elements */
export function nodesOf(response: Response, y: { readonly mean: number; readonly variance: number }): Nodes {
  const { bins } = response;
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  const nodes = {
    x: new Float64Array(2 * bins.length),
    y: new Float64Array(2 * bins.length),
    weight: new Float64Array(2 * bins.length),
    meanY: y.mean,
    varianceY: y.variance,
  };
  bins.forEach((bin, i) => {
    const stepX = Math.sqrt(bin.varianceX);
    const stepY = stepX === 0 ? 0 : bin.covariance / stepX;
    for (const side of [0, 1]) {
      const sign = 2 * side - 1;
      nodes.x[2 * i + side] = bin.meanX + sign * stepX;
      nodes.y[2 * i + side] = bin.meanY + sign * stepY;
      nodes.weight[2 * i + side] = bin.count / (2 * total);
    }
  });
  return nodes;
}

/** R² of the conditional mean of x-hat given x: the variance of the points' x-hat over that of all elements. */
export function ceilingR2(nodes: Nodes): number {
  const explained = nodes.y.reduce((sum, y, i) => sum + nodes.weight[i]! * (y - nodes.meanY) ** 2, 0);
  return Math.min(1, explained / nodes.varianceY);
}

/** Least-squares line of x-hat on x. */
export interface Line {
  readonly slope: number;
  readonly r2: number;
}

/**
 * Sums that fix the least-squares line of x-hat on x exactly, row by row, without a look at single elements:
 * for x-hat = (x - centre) * inverse all of them follow from the row's mean and variance.
 */
export class LineSums {
  private count = 0;
  private sumY = 0;
  private sumXY = 0;
  private sumYY = 0;

  /** Adds a row of `count` elements with the given mean and sum of squared deviations. */
  add(row: { readonly count: number; readonly mean: number; readonly m2: number; readonly centre: number; readonly inverse: number }): void {
    const shift = row.mean - row.centre;
    this.count += row.count;
    this.sumY += row.count * shift * row.inverse;
    this.sumXY += (row.m2 + row.count * row.mean * shift) * row.inverse;
    this.sumYY += (row.m2 + row.count * shift * shift) * row.inverse * row.inverse;
  }

  /** Mean and variance of x-hat. */
  get y(): { readonly mean: number; readonly variance: number } {
    if (this.count === 0) return { mean: 0, variance: 0 };
    const mean = this.sumY / this.count;
    return { mean, variance: Math.max(0, this.sumYY / this.count - mean * mean) };
  }

  /** @param x moments of the same rows */
  line(x: Moments): Line {
    const y = this.y;
    if (x.variance === 0 || y.variance === 0) return { slope: 0, r2: 0 };
    const covariance = this.sumXY / this.count - x.mean * y.mean;
    return { slope: covariance / x.variance, r2: Math.min(1, (covariance * covariance) / (x.variance * y.variance)) };
  }
}
