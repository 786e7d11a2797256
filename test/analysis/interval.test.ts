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
        return Array.from(row, (x) => ({ row: { index, x: Float32Array.of(x), centre, inverse, min: x, max: x }, weight: 1 }));
      });
      const singly = elements.map(({ row }) => row);
      const nodes = {
        x: Float64Array.from(singly, (row) => row.x[0]!),
        y: Float64Array.from(singly, (row) => (row.x[0]! - row.centre) * row.inverse),
        weight: new Float64Array(singly.length).fill(1 / singly.length),
        meanY: 0,
        varianceY: 1,
      };
      const { low, high } = alphaInterval(nodes, elements, fit, seed);
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

  it("is that of refitting on resampled rows, also where a few rows differ from all others", () => {
    const rows = 600;
    const data = draw(rows, 5);
    for (let i = 0; i < 6 * channels; i++) data[i]! *= 15;
    const { fit } = measure(data, normOf(channels)).layer;
    const refitted = refits(data, rows, 300).sort((a, b) => a - b);
    const [low, high] = [refitted[7]!, refitted[292]!];
    expect(fit.status).toBe("ok");
    expect(Math.log(fit.alphaHigh / fit.alphaLow) / Math.log(high / low)).toBeGreaterThan(0.6);
    expect(Math.log(fit.alphaHigh / fit.alphaLow) / Math.log(high / low)).toBeLessThan(1.6);
  });
});

/** Best alphas of many samples of rows with replacement, by brute force over a fine grid. */
function refits(data: Float32Array, rows: number, count: number): number[] {
  const alphas = Float64Array.from({ length: 160 }, (_, i) => 0.02 * 1.035 ** i);
  // For every row: sums of x-hat and its square, then of tanh, its square, and tanh * x-hat at every alpha.
  const sums = Array.from({ length: rows }, (_, row) => {
    const x = data.subarray(row * channels, (row + 1) * channels);
    const centre = x.reduce((sum, value) => sum + value, 0) / channels;
    const inverse = 1 / Math.sqrt(x.reduce((sum, value) => sum + (value - centre) ** 2, 0) / channels);
    const y = Float64Array.from(x, (value) => (value - centre) * inverse);
    const atAlphas = Array.from(alphas, (alpha) => {
      const t = Float64Array.from(x, (value) => Math.tanh(alpha * value));
      return [t.reduce((a, b) => a + b, 0), t.reduce((a, b) => a + b * b, 0), t.reduce((a, b, i) => a + b * y[i]!, 0)] as const;
    });
    return { y: y.reduce((a, b) => a + b, 0), atAlphas };
  });
  let state = 7;
  const random = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return Array.from({ length: count }, () => {
    const drawn = Array.from({ length: rows }, () => sums[Math.floor(random() * rows)]!);
    const elements = rows * channels;
    const y = drawn.reduce((a, row) => a + row.y, 0);
    const explained = Array.from(alphas, (_, i) => {
      const [t, tt, ty] = [0, 1, 2].map((which) => drawn.reduce((a, row) => a + row.atAlphas[i]![which as 0 | 1 | 2], 0)) as [number, number, number];
      return (ty - (t * y) / elements) ** 2 / (tt - (t * t) / elements);
    });
    return alphas[explained.indexOf(Math.max(...explained))]!;
  });
}
