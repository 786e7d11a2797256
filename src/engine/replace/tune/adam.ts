/** Decay of the running means of gradients and of their squares, and what keeps the quotient finite; the paper's own constants. */
const firstDecay = 0.9;
const secondDecay = 0.999;
const tiny = 1e-8;

/** Adam (Kingma and Ba, 2015) on one vector of numbers. */
export class Adam {
  private readonly first: Float64Array;
  private readonly second: Float64Array;
  private steps = 0;

  /** @param size of the vector */
  constructor(size: number) {
    this.first = new Float64Array(size);
    this.second = new Float64Array(size);
  }

  /** Changes `values` in place, each by about `rate` at most. */
  step(values: Float64Array, gradient: Float64Array, rate: number): void {
    this.steps++;
    const firstPart = 1 - firstDecay ** this.steps;
    const secondPart = 1 - secondDecay ** this.steps;
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i]!;
      this.first[i] = firstDecay * this.first[i]! + (1 - firstDecay) * g;
      this.second[i] = secondDecay * this.second[i]! + (1 - secondDecay) * g * g;
      values[i] = values[i]! - (rate * this.first[i]! / firstPart) / (Math.sqrt(this.second[i]! / secondPart) + tiny);
    }
  }
}
