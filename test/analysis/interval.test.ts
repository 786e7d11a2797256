import { describe, expect, it } from "vitest";
import { alphaInterval } from "../../src/analysis/interval";
import { gaussian, measure, normOf } from "./support";

const channels = 32;

/** Tokens of different scale, and a scale of each channel: one population, drawn anew with every seed. */
function draw(rows: number, seed: number): Float32Array {
  const random = gaussian(seed);
  const data = new Float32Array(rows * channels);
  for (let row = 0; row < rows; row++) {
    const scale = Math.exp(0.5 * random());
    for (let channel = 0; channel < channels; channel++) data[row * channels + channel] = scale * random() * (1 + channel / channels);
  }
  return data;
}

describe("the 95 % interval on alpha", () => {
  const truth = measure(draw(40_000, 999), normOf(channels)).layer.fit.alpha;
  const samples = 100;

  it.each([
    { rows: 64, what: "all rows kept" },
    { rows: 400, what: "a sample of the rows kept" },
  ])("holds the population's alpha in 88 to 99 of 100 samples: $what", ({ rows }) => {
    let inside = 0;
    for (let seed = 0; seed < samples; seed++) {
      const { fit } = measure(draw(rows, seed), normOf(channels), { seed }).layer;
      if (fit.alphaLow <= truth && truth <= fit.alphaHigh) inside += 1;
    }
    expect(inside).toBeGreaterThanOrEqual(88);
    expect(inside).toBeLessThanOrEqual(99);
  });

  it("would be too narrow if elements were resampled instead of tokens", () => {
    let inside = 0;
    for (let seed = 0; seed < samples; seed++) {
      const data = draw(64, seed);
      const { fit } = measure(data, normOf(channels)).layer;
      const elements = Array.from({ length: 64 }, (_, row) => data.slice(row * channels, (row + 1) * channels)).flatMap((row, index) => {
        const centre = row.reduce((sum, x) => sum + x, 0) / channels;
        const inverse = 1 / Math.sqrt(row.reduce((sum, x) => sum + (x - centre) ** 2, 0) / channels);
        return Array.from(row, (x) => ({ index, x: Float32Array.of(x), centre, inverse, min: x, max: x }));
      });
      const { low, high } = alphaInterval(elements, elements.length, fit, seed);
      if (low <= truth && truth <= high) inside += 1;
    }
    expect(inside).toBeLessThan(80);
  });

  it("shrinks as the square root of the rows", () => {
    const width = (rows: number) => {
      const { fit } = measure(draw(rows, 4), normOf(channels)).layer;
      return Math.log(fit.alphaHigh / fit.alphaLow);
    };
    expect(width(400) / width(6400)).toBeGreaterThan(2);
    expect(width(400) / width(6400)).toBeLessThan(8);
  });

  it("holds the estimate itself, and is the same for the same seed", () => {
    const { fit } = measure(draw(100, 5), normOf(channels), { seed: 3 }).layer;
    expect(fit.alphaLow).toBeLessThan(fit.alpha);
    expect(fit.alphaHigh).toBeGreaterThan(fit.alpha);
    expect(measure(draw(100, 5), normOf(channels), { seed: 3 }).layer.fit).toEqual(fit);
  });
});
