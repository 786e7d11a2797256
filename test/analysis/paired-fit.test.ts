import { describe, expect, test } from "vitest";
import { curves } from "../../src/analysis/curves";
import { fastCurves } from "../../src/analysis/fast-curves";
import { fitPairs, type PairedRows } from "../../src/analysis/paired-fit";
import { RowNormaliser } from "../../src/analysis/normalise";
import { replacementCurves } from "../../src/shared/replacement";
import { gaussian, measure, normOf, realisticRows } from "./support";

const channels = 6;

/** Rows whose y is a known layer of x. */
function rowsOf(f: (x: number, channel: number) => number, count = 400): PairedRows {
  const normal = gaussian(3);
  const x = Float32Array.from({ length: count * channels }, () => 2 * normal());
  return { x, y: x.map((value, i) => f(value, i % channels)), channels, rows: Array.from({ length: count }, (_, row) => row) };
}

const gainOf = (channel: number): number => 1 + channel / 2;
const offsetOf = (channel: number): number => channel - 2;

describe("a layer of the family is found again", () => {
  test.each(replacementCurves)("%s", (curve) => {
    const pairs = rowsOf((x, channel) => gainOf(channel) * curves[curve].value(0.6 * x) + offsetOf(channel));
    const fit = fitPairs(pairs, { curve, start: 0.2 });
    expect(fit.alpha).toBeCloseTo(0.6, 3);
    expect(fit.r2).toBeCloseTo(1, 6);
    for (let channel = 0; channel < channels; channel++) {
      expect(fit.gain[channel]).toBeCloseTo(gainOf(channel), 3);
      expect(fit.offset[channel]).toBeCloseTo(offsetOf(channel), 3);
    }
  });

  test("with a shift", () => {
    const fit = fitPairs(rowsOf((x) => 3 * curves.erf.value(0.5 * x + 0.3)), { curve: "erf", start: 1, shifted: true });
    expect(fit.alpha).toBeCloseTo(0.5, 2);
    expect(fit.shift).toBeCloseTo(0.3, 2);
  });
});

test("rows that are left out do not count", () => {
  const pairs = rowsOf((x, channel) => gainOf(channel) * Math.tanh(0.6 * x));
  pairs.x.fill(1e4, 0, channels);
  pairs.y.fill(-500, 0, channels);
  expect(fitPairs({ ...pairs, rows: pairs.rows.slice(1) }, { curve: "tanh", start: 0.2 }).alpha).toBeCloseTo(0.6, 3);
  expect(fitPairs(pairs, { curve: "tanh", start: 0.2 }).alpha).not.toBeCloseTo(0.6, 3);
});

test("a given alpha stays, and gains are fitted to it", () => {
  const fit = fitPairs(rowsOf((x) => 2 * Math.tanh(0.6 * x)), { curve: "tanh", start: 0.3, fixed: true });
  expect(fit.alpha).toBe(0.3);
  expect(fit.gain[0]).toBeGreaterThan(2);
});

test("a line gives the largest alpha that does as well", () => {
  const fit = fitPairs(rowsOf((x) => 0.5 * x), { curve: "tanh", start: 0.2 });
  expect(fit.r2).toBeGreaterThan(0.9997);
  expect(fit.gain[0]! * fit.alpha).toBeCloseTo(0.5, 1);
  expect(fit.alpha).toBeGreaterThan(0.02);
});

test("a channel that does not vary gets its mean", () => {
  const pairs = rowsOf((x) => Math.tanh(x));
  for (let i = 0; i < pairs.x.length; i += channels) { pairs.x[i] = 0; pairs.y[i] = 7; }
  const fit = fitPairs(pairs, { curve: "tanh", start: 1 });
  expect(fit.gain[0]).toBe(0);
  expect(fit.offset[0]).toBeCloseTo(7, 6);
});

test("pairs of a norm give what the fit over binned sums gives", () => {
  const width = 16;
  const rows = 600;
  const x = realisticRows(rows, width, 5);
  const norm = normOf(width, { eps: 1e-5 });
  const normaliser = new RowNormaliser(norm);
  const y = new Float32Array(x.length);
  for (let row = 0; row < rows; row++) {
    const { centre, inverse } = normaliser.normalise(x, row * width)!;
    for (let i = row * width; i < (row + 1) * width; i++) y[i] = (x[i]! - centre) * inverse;
  }
  const { channelFit } = measure(x, norm);
  const fit = fitPairs({ x, y, channels: width, rows: Array.from({ length: rows }, (_, row) => row) }, { curve: "tanh", start: 1 });
  expect(fit.alpha / channelFit.alpha).toBeCloseTo(1, 2);
  for (let channel = 0; channel < width; channel++) expect(fit.gain[channel]! / channelFit.gain[channel]!).toBeCloseTo(1, 2);
});

test("quick curves are the curves", () => {
  for (const curve of replacementCurves) {
    for (let z = -8; z <= 8; z += 0.0137) expect(Math.abs(fastCurves[curve](z) - curves[curve].value(z))).toBeLessThan(3e-7);
  }
});
