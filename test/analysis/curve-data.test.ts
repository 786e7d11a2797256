import { describe, expect, it } from "vitest";
import { rounded } from "../../src/analysis/curve-data";
import { sampledRows } from "../../src/analysis/measurement";
import { measure, normalised, normOf, realisticRows } from "./support";

const channels = 768;
const rows = 200;
const data = realisticRows(rows, channels, 12);
data[150 * channels + 33] = 5000;
const norm = normOf(channels, { eps: 1e-5 });
const { curve } = measure(data, norm).layer;

describe("curve data", () => {
  it("stay under 40 kB", () => {
    expect(JSON.stringify(curve).length).toBeLessThan(40_000);
  });

  it("count every element once in the binned mean", () => {
    const { x, y, count } = curve.binnedMean;
    expect(count.reduce((sum, n) => sum + n, 0)).toBe(rows * channels);
    expect(x).toHaveLength(count.length);
    expect(y).toHaveLength(count.length);
    expect(x.length).toBeLessThanOrEqual(128);
    x.slice(1).forEach((value, i) => {
      expect(value).toBeGreaterThan(x[i]!);
    });
  });

  it("draw points that are elements of the data, the most extreme one among them", () => {
    const { x, y, token, channel } = curve.points;
    const exact = normalised(data, norm);
    x.forEach((value, i) => {
      const place = token[i]! * channels + channel[i]!;
      expect(Math.abs(value / data[place]! - 1)).toBeLessThan(1e-4);
      expect(Math.abs(y[i]! / exact[place]! - 1)).toBeLessThan(1e-4);
    });
    expect(x).toContain(5000);
    expect(x.length).toBeLessThanOrEqual(16 * 48);
    expect(x.length).toBeGreaterThan(15 * 40);
  });

  it("lay the density over the central 99.9 % of x", () => {
    const { counts, columns, rows: gridRows, xMin, xMax, yMin, yMax } = curve.density;
    expect(counts).toHaveLength(columns * gridRows);
    const drawn = counts.reduce((sum, n) => sum + n, 0);
    expect(drawn / (sampledRows * channels)).toBeGreaterThan(0.995);
    expect(drawn / (sampledRows * channels)).toBeLessThanOrEqual(1);
    const share = data.filter((x) => x >= xMin && x <= xMax).length / data.length;
    expect(share).toBeCloseTo(0.999, 3);
    expect(yMin).toBeLessThan(-2);
    expect(yMax).toBeGreaterThan(2);
  });

  it("follow the norm: in the grid, x-hat rises with x", () => {
    const { counts, columns, rows: gridRows } = curve.density;
    const meanRow = (column: number) => {
      const ns = Array.from({ length: gridRows }, (_, row) => counts[row * columns + column]!);
      return ns.reduce((sum, n, row) => sum + n * row, 0) / ns.reduce((sum, n) => sum + n, 0);
    };
    expect(meanRow(70)).toBeGreaterThan(meanRow(48) + 5);
    expect(meanRow(20)).toBeLessThan(meanRow(48) - 5);
  });
});

describe("rounded", () => {
  it.each([
    [0, 0],
    [1.234567, 1.2346],
    [-0.000123456, -0.00012346],
    [123456.7, 123460],
    [9.99999e20, 1e21],
    [1e-30, 1e-30],
  ])("%d to %d", (value, expected) => {
    expect(rounded(value)).toBe(expected);
  });
});
