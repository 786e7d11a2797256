import { describe, expect, it } from "vitest";
import { curves } from "../../src/analysis/curves";
import { fitFamilies } from "../../src/analysis/family-fit";
import { bitsOf, Histogram, keyOf, shareBeyond } from "../../src/analysis/histogram";
import { ceilingR2, type Nodes } from "../../src/analysis/nodes";
import { RowNormaliser } from "../../src/analysis/normalise";
import { alphaBounds, fitAt, fitTanh, fitUnitGain } from "../../src/analysis/tanh-fit";
import { bruteMinimum, meanOf, measure, normalDistribution, normalised, normalQuantile, normOf, realisticRows, studentRows } from "./support";

const bounds = alphaBounds(1e4, 1);

/** Nodes of a density and a function of x, on a grid even in asinh(x): x-hat has mean 0 and the given variance. */
function nodesFor(density: (x: number) => number, y: (x: number) => number, reach: number, varianceY: number): Nodes {
  const count = 40_001;
  const step = (2 * Math.asinh(reach)) / (count - 1);
  const places = Float64Array.from({ length: count }, (_, i) => -Math.asinh(reach) + i * step);
  const x = places.map(Math.sinh);
  const weight = places.map((place, i) => density(x[i]!) * Math.cosh(place) * step);
  return { x, y: x.map(y), weight, meanY: 0, varianceY };
}

const gauss = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

describe("x-hat = x, standard normal", () => {
  const nodes = nodesFor(gauss, (x) => x, 12, 1);

  it("is best met without gain at alpha 1.42790, R² 0.83775", () => {
    const fit = fitUnitGain(nodes, bounds);
    expect(fit.alpha).toBeCloseTo(1.4279, 5);
    expect(fit.r2).toBeCloseTo(0.83775, 5);
  });

  it.each([
    [0.25, 4.2285, 0.99811],
    [0.5, 2.38158, 0.98417],
    [1, 1.53618, 0.93047],
    [2, 1.14831, 0.83767],
  ])("at alpha %d has gain %d and R² %d", (alpha, gain, r2) => {
    const fit = fitAt(nodes, alpha);
    expect(fit.gain).toBeCloseTo(gain, 4);
    expect(fit.r2).toBeCloseTo(r2, 5);
    expect(fit.offset).toBeCloseTo(0, 10);
  });

  it("leaves alpha open: status linear, with the largest alpha that costs 0.0001 of R²", () => {
    const fit = fitTanh(nodes, { slope: 1, r2: 1 }, bounds);
    expect(fit.status).toBe("linear");
    expect(fit.r2).toBeCloseTo(0.9999, 7);
    expect(fit.gain * fit.alpha).toBeGreaterThan(1);
    expect(fit.gain * fit.alpha).toBeLessThan(1.02);
  });

  it("has mean slope 0.6057 and mean square 0.3943 of tanh", () => {
    const mean = (f: (x: number) => number) => meanOf(nodes.x.length, (i) => nodes.weight[i]! * f(nodes.x[i]!)) * nodes.x.length;
    expect(mean(curves.tanh.slope)).toBeCloseTo(0.6057, 4);
    expect(mean((x) => curves.tanh.value(x) ** 2)).toBeCloseTo(0.3943, 4);
  });
});

describe("standard normal rows, measured", () => {
  const channels = 2048;
  const rows = 16;
  const data = Float32Array.from({ length: rows * channels }, (_, i) => normalQuantile((i % channels) / channels + (Math.floor(i / channels) + 0.5) / (rows * channels)));
  const { layer } = measure(data, normOf(channels));
  const histogram = new Histogram();
  for (const bits of bitsOf(data)) histogram.counts[keyOf(bits)]! += 1;
  const bins = histogram.bins();

  it("give the unit-gain optimum", () => {
    expect(layer.fit.unitGain.alpha).toBeCloseTo(1.4279, 2);
    expect(layer.fit.unitGain.r2).toBeCloseTo(0.83775, 3);
  });

  it.each([
    [1, 1, 0.3173],
    [1, 2, 0.0455],
    [0.5, 1, 0.0455],
    [2, 1, 0.617],
    [2, 2, 0.3173],
  ])("at alpha * std = %d exceed %d in a share of %d", (alpha, threshold, share) => {
    expect(shareBeyond(bins, threshold / alpha)).toBeCloseTo(share, 3);
  });

  it("saturate at the fitted alpha as the normal distribution says", () => {
    for (const [threshold, share] of Object.entries(layer.saturation)) {
      expect(share).toBeCloseTo(2 * (1 - normalDistribution(Number(threshold) / layer.fit.alpha)), 3);
    }
  });
});

describe.each([
  { nu: 4, k: 2.12769, ceiling: 0.90541, alpha: 0.53655, gain: 1.92937, r2: 0.90521, linear: 0.7854, unitAlpha: 1.375, unitR2: 0.81918 },
  { nu: 10, k: 3.2422, ceiling: 0.95562, alpha: 0.36236, gain: 2.80767, r2: 0.9556, linear: 0.93956, unitAlpha: 1.4028, unitR2: 0.83038 },
])("rows whose 1/s² is Gamma(nu/2, nu/2), nu = $nu", ({ nu, k, ceiling, alpha, gain, r2, linear, unitAlpha, unitR2 }) => {
  const density = (x: number) => studentDensity(nu) * (1 + (x * x) / nu) ** (-(nu + 1) / 2);
  const nodes = nodesFor(density, (x) => (k * x) / Math.sqrt(nu + x * x), 1e5, 1);

  it("have the ISRU as conditional mean and its R² as ceiling", () => {
    expect(ceilingR2(nodes)).toBeCloseTo((k * k) / (nu + 1), 5);
    expect(ceilingR2(nodes)).toBeCloseTo(ceiling, 5);
    const isru = fitFamilies(nodes, alpha, bounds).find((family) => family.name === "isru")!;
    expect(isru.alpha).toBeCloseTo(1 / Math.sqrt(nu), 4);
    expect(isru.gain).toBeCloseTo(k, 4);
    expect(isru.r2).toBeCloseTo(ceiling, 5);
    expect(isru.shift).toBeCloseTo(0, 5);
  });

  it("are met by tanh at the published alpha, gain and R²", () => {
    const fit = fitTanh(nodes, { slope: 0, r2: linear }, bounds);
    expect(fit.status).toBe("ok");
    expect(fit.alpha).toBeCloseTo(alpha, 5);
    expect(fit.gain).toBeCloseTo(gain, 4);
    expect(fit.r2).toBeCloseTo(r2, 5);
  });

  it("are met by tanh without gain", () => {
    const fit = fitUnitGain(nodes, bounds);
    expect(fit.alpha).toBeCloseTo(unitAlpha, 4);
    expect(fit.r2).toBeCloseTo(unitR2, 5);
  });

  it("give the same through a measurement of rows", () => {
    const channels = 1024;
    const { layer } = measure(studentRows(nu, 1000, channels), normOf(channels));
    expect(Math.abs(layer.ceiling.r2 - ceiling)).toBeLessThan(1e-3);
    expect(Math.abs(layer.fit.r2 - r2)).toBeLessThan(1e-3);
    expect(Math.abs(layer.fit.alpha / alpha - 1)).toBeLessThan(0.02);
    expect(Math.abs(layer.fit.unitGain.alpha / unitAlpha - 1)).toBeLessThan(2e-3);
    // nu = 4: the mean square of the scales converges as slowly as rows^-1/2.
    expect(Math.abs(layer.linear.r2 - linear)).toBeLessThan(nu === 4 ? 0.02 : 1e-3);
  });
});

describe("the norm as a function of one element", () => {
  const channels = 96;
  const x = realisticRows(1, channels, 3);
  const sumOfOthers = (index: number) => meanOf(channels, (i) => (i === index ? 0 : x[i]!)) * channels;

  it.each([0, 1e-3])("is an ISRU of its distance from the others' mean for layernorm, eps %d", (eps) => {
    const row = new RowNormaliser(normOf(channels, { eps })).normalise(x, 0)!;
    for (let i = 0; i < channels; i++) {
      const othersMean = sumOfOthers(i) / (channels - 1);
      const variance = (meanOf(channels, (j) => (j === i ? 0 : (x[j]! - othersMean) ** 2)) * channels) / (channels - 1);
      const d = x[i]! - othersMean;
      const isru = (Math.sqrt(channels - 1) * d) / Math.sqrt(channels * variance + d * d + (eps * channels * channels) / (channels - 1));
      expect((x[i]! - row.centre) * row.inverse).toBeCloseTo(isru, 12);
    }
  });

  it("is an ISRU of the element for rmsnorm", () => {
    const eps = 1e-3;
    const row = new RowNormaliser(normOf(channels, { eps, kind: "rmsnorm" })).normalise(x, 0)!;
    for (let i = 0; i < channels; i++) {
      const others = meanOf(channels, (j) => (j === i ? 0 : x[j]! ** 2)) * channels;
      const isru = (Math.sqrt(channels) * x[i]!) / Math.sqrt(others + x[i]! ** 2 + channels * eps);
      expect((x[i]! - row.centre) * row.inverse).toBeCloseTo(isru, 12);
    }
  });

  it.each([
    ["layernorm" as const, Math.sqrt(99)],
    ["rmsnorm" as const, Math.sqrt(100)],
  ])("reaches its bound where one element stands alone: %s", (kind, bound) => {
    const row = new Float32Array(100);
    row[17] = 3e4;
    const { centre, inverse } = new RowNormaliser(normOf(100, { kind })).normalise(row, 0)!;
    expect((row[17] - centre) * inverse).toBeCloseTo(bound, 10);
  });
});

describe("the least-squares line of x-hat on x", () => {
  const channels = 64;
  const data = realisticRows(300, channels, 8);
  const rowsOf = (values: Float32Array) => Array.from({ length: values.length / channels }, (_, row) => Array.from(values.subarray(row * channels, (row + 1) * channels)));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = (values: readonly number[]) => mean(values.map((value) => (value - mean(values)) ** 2));

  it("follows from the tokens' means and standard deviations for layernorm", () => {
    const rows = rowsOf(data);
    const std = rows.map((row) => Math.sqrt(variance(row)));
    const spread = mean(std.map((value) => value * value)) + variance(rows.map(mean));
    const { layer } = measure(data, normOf(channels));
    expect(layer.linear.slope).toBeCloseTo(mean(std) / spread, 12);
    expect(layer.linear.r2).toBeCloseTo(mean(std) ** 2 / spread, 12);
    expect(layer.input.tokenStdMean).toBeCloseTo(mean(std), 12);
    expect(layer.input.tokenStdVar).toBeCloseTo(variance(std), 12);
    expect(layer.input.tokenMeanVar).toBeCloseTo(variance(rows.map(mean)), 12);
  });

  it("follows from the tokens' root mean squares for rmsnorm, about 0", () => {
    // Every row with its negative, so that the line goes through 0.
    const both = Float32Array.from([...data, ...data.map((x) => -x)]);
    const rms = rowsOf(both).map((row) => Math.sqrt(mean(row.map((x) => x * x))));
    const { layer } = measure(both, normOf(channels, { kind: "rmsnorm" }));
    expect(layer.linear.slope).toBeCloseTo(mean(rms) / mean(rms.map((r) => r * r)), 12);
    expect(layer.linear.r2).toBeCloseTo(mean(rms) ** 2 / mean(rms.map((r) => r * r)), 12);
  });

  it("is all there is to one token", () => {
    const { layer } = measure(data.slice(0, channels), normOf(channels));
    expect(layer.linear.r2).toBeCloseTo(1, 12);
    expect(layer.linear.slope).toBeCloseTo(1 / layer.input.std, 12);
    expect(layer.fit.status).toBe("linear");
    expect(layer.fit.alphaLow).toBe(0);
    expect(layer.fit.alphaHigh).toBe(layer.fit.alpha);
  });

  it("agrees with a regression over single elements, eps included", () => {
    const norm = normOf(channels, { eps: 0.1 });
    const y = normalised(data, norm);
    const { layer } = measure(data, norm);
    const [meanX, meanY] = [meanOf(data.length, (i) => data[i]!), meanOf(data.length, (i) => y[i]!)];
    const covariance = meanOf(data.length, (i) => (data[i]! - meanX) * (y[i]! - meanY));
    const varianceX = meanOf(data.length, (i) => (data[i]! - meanX) ** 2);
    expect(layer.linear.slope).toBeCloseTo(covariance / varianceX, 10);
    expect(layer.linear.r2).toBeCloseTo(covariance ** 2 / varianceX / meanOf(data.length, (i) => (y[i]! - meanY) ** 2), 10);
  });
});

describe("laws of the fit", () => {
  const channels = 64;
  const data = realisticRows(400, channels, 4);
  const norm = normOf(channels);
  const { layer } = measure(data, norm);

  it("scales: x times c gives alpha / c, the same gain and R²", () => {
    for (const factor of [4, 0.3, 1000]) {
      const scaled = measure(data.map((x) => factor * x), norm).layer;
      expect((scaled.fit.alpha * factor) / layer.fit.alpha).toBeCloseTo(1, 4);
      expect(scaled.fit.gain / layer.fit.gain).toBeCloseTo(1, 4);
      expect(scaled.fit.r2).toBeCloseTo(layer.fit.r2, 4);
      expect((scaled.perChannel.alpha * factor) / layer.perChannel.alpha).toBeCloseTo(1, 3);
    }
  });

  it("turns: -x gives the same alpha and gain, and the opposite offset", () => {
    const turned = measure(data.map((x) => -x), norm).layer;
    expect(turned.fit.alpha).toBeCloseTo(layer.fit.alpha, 8);
    expect(turned.fit.gain).toBeCloseTo(layer.fit.gain, 8);
    expect(turned.fit.offset).toBeCloseTo(-layer.fit.offset, 8);
  });

  it("does not see the order of channels", () => {
    const reversed = data.map((_, i) => data[i - (i % channels) + channels - 1 - (i % channels)]!);
    const { fit, perChannel } = measure(reversed, norm).layer;
    expect(fit.alpha).toBeCloseTo(layer.fit.alpha, 8);
    expect(fit.r2).toBeCloseTo(layer.fit.r2, 10);
    expect(perChannel.alpha).toBeCloseTo(layer.perChannel.alpha, 8);
  });

  it("orders the R²: line, tanh, tanh with shift, ceiling", () => {
    const tanh = layer.families.find((family) => family.name === "tanh")!;
    expect(layer.linear.r2).toBeLessThan(layer.fit.r2);
    expect(layer.fit.r2).toBeLessThanOrEqual(tanh.r2);
    for (const family of layer.families) expect(family.r2).toBeLessThanOrEqual(layer.ceiling.r2);
    expect(layer.fit.unitGain.r2).toBeLessThan(layer.fit.r2);
  });
});

describe("erf and tanh", () => {
  const difference = (ratio: number, x: number) => Math.abs(curves.erf.value(x) - Math.tanh(ratio * x));
  const integral = (f: (x: number) => number) => meanOf(12_000, (i) => f((i + 0.5) / 2000));

  it.each([
    ["in the mean", 1.20531, (ratio: number) => integral((x) => difference(ratio, x))],
    ["in the square", 1.20278, (ratio: number) => integral((x) => difference(ratio, x) ** 2)],
  ])("lie closest %s at a ratio of %d", (_, ratio, distance) => {
    expect(bruteMinimum(distance, 1.1, 1.3, 0.05)).toBeCloseTo(ratio, 4);
  });

  it("lie at most 0.01892 apart at a ratio of 1.20331", () => {
    const largest = Math.max(...Array.from({ length: 6000 }, (_, i) => difference(1.20331, i / 1000)));
    expect(largest).toBeCloseTo(0.01892, 5);
  });

  it("have the same slope at a ratio of 1.12838", () => {
    expect(curves.erf.slope(0)).toBeCloseTo(1.12838, 5);
  });
});

/** Density of Student's t at 0, for even nu. */
function studentDensity(nu: number): number {
  // Gamma((nu + 1) / 2) / Gamma(nu / 2), from Gamma(1/2) = sqrt(pi).
  let ratio = Math.sqrt(Math.PI) / 2;
  for (let n = 4; n <= nu; n += 2) ratio *= (n - 1) / (n - 2);
  return ratio / Math.sqrt(nu * Math.PI);
}

