/** Mean and sums of powers of the deviations from it, over one set of elements. */
export interface CentralSums {
  readonly count: number;
  readonly mean: number;
  /** Sums of (x - mean) to the second, third and fourth power. */
  readonly m2: number;
  readonly m3: number;
  readonly m4: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Moments of everything seen so far, merged set by set without loss of accuracy where mean and spread differ widely
 * (Pébay 2008, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical moments", eqs. 3.1).
 */
export class Moments {
  count = 0;
  mean = 0;
  min = Infinity;
  max = -Infinity;
  private m2 = 0;
  private m3 = 0;
  private m4 = 0;

  /** Takes the elements in that `set` describes. */
  merge(set: CentralSums): void {
    const before = this.count;
    const count = before + set.count;
    if (count === before) return;
    const shift = set.mean - this.mean;
    const perCount = shift / count;
    const product = before * set.count;
    this.m4 +=
      set.m4 +
      product * (before * before - product + set.count * set.count) * shift * perCount * perCount * perCount +
      6 * perCount * perCount * (before * before * set.m2 + set.count * set.count * this.m2) +
      4 * perCount * (before * set.m3 - set.count * this.m3);
    this.m3 +=
      set.m3 + product * (before - set.count) * shift * perCount * perCount + 3 * perCount * (before * set.m2 - set.count * this.m2);
    this.m2 += set.m2 + product * shift * perCount;
    this.mean += set.count * perCount;
    this.count = count;
    this.min = Math.min(this.min, set.min);
    this.max = Math.max(this.max, set.max);
  }

  /** Population variance; 0 before the first element. */
  get variance(): number {
    return this.count === 0 ? 0 : this.m2 / this.count;
  }

  /** Root of the mean square. */
  get rms(): number {
    return Math.sqrt(this.variance + this.mean * this.mean);
  }

  /** Fourth standardised moment, 3 for a Gaussian; 0 where nothing varies. */
  get kurtosis(): number {
    return this.m2 === 0 ? 0 : (this.count * this.m4) / (this.m2 * this.m2);
  }

  /** Largest magnitude; 0 before the first element. */
  get absMax(): number {
    return this.count === 0 ? 0 : Math.max(this.max, -this.min);
  }
}

/** Mean and population variance of numbers that come one at a time (Welford). */
export class RunningVariance {
  count = 0;
  mean = 0;
  private m2 = 0;

  add(value: number): void {
    this.count += 1;
    const shift = value - this.mean;
    this.mean += shift / this.count;
    this.m2 += shift * (value - this.mean);
  }

  get variance(): number {
    return this.count === 0 ? 0 : this.m2 / this.count;
  }
}
