import { beforeAll, describe, expect, it } from "vitest";
import { whatIf } from "../../src/analysis/what-if";
import { LayerMeasurement } from "../../src/analysis/measurement";
import { saturationThresholds, type LayerResult } from "../../src/shared/result";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";

const rows = 400;
const channels = 96;

/** Rows of unequal scale, so that x-hat against x is an S. */
function unequalRows(seed: number): Float32Array {
  const generator = xoroshiro128plus(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniformFloat64(generator))) * Math.cos(2 * Math.PI * uniformFloat64(generator));
  const data = new Float32Array(rows * channels);
  for (let row = 0; row < rows; row++) {
    const scale = 1.7 * Math.exp(0.5 * normal());
    for (let channel = 0; channel < channels; channel++) data[row * channels + channel] = scale * normal() + 0.1;
  }
  return data;
}

function xHats(data: Float32Array): Float64Array {
  const out = new Float64Array(data.length);
  for (let row = 0; row < rows; row++) {
    const own = data.subarray(row * channels, (row + 1) * channels);
    const mean = own.reduce((total, value) => total + value, 0) / channels;
    const variance = own.reduce((total, value) => total + (value - mean) ** 2, 0) / channels;
    own.forEach((value, channel) => { out[row * channels + channel] = (value - mean) / Math.sqrt(variance + 1e-5); });
  }
  return out;
}

describe("whatIf", () => {
  const data = unequalRows(7);
  const y = xHats(data);
  let layer: LayerResult;
  beforeAll(() => {
    const norm = { name: "norm", kind: "layernorm", role: "other", depth: 0, eps: 1e-5, axes: [-1], channels } as const;
    const measurement = new LayerMeasurement(norm, { seed: 0, skipFirst: false });
    measurement.add({ data, rows, rowsPerSequence: rows, rowsPerPosition: 1 });
    layer = { ...measurement.finish().layer, calls: 1, suggest: { scratch: 0.5, scratchSource: "default", convert: 1 } };
  });

  it("gives the fit's own numbers at the fit's alpha", () => {
    const { fit, saturation } = layer;
    const there = whatIf(layer, fit.alpha)!;
    expect(there.r2).toBeCloseTo(fit.r2, 3);
    expect(there.gain).toBeCloseTo(fit.gain, 2);
    expect(there.offset).toBeCloseTo(fit.offset, 2);
    for (const threshold of saturationThresholds) expect(Math.abs(there.saturation[threshold] - saturation[threshold])).toBeLessThan(0.005);
    expect(whatIf(layer, fit.unitGain.alpha)!.unitGainR2).toBeCloseTo(fit.unitGain.r2, 3);
  });

  it("agrees with every element, at alphas far from the fit", () => {
    const meanY = y.reduce((total, value) => total + value, 0) / y.length;
    const total = y.reduce((sum, value) => sum + (value - meanY) ** 2, 0);
    for (const factor of [0.1, 0.5, 2, 6]) {
      const alpha = layer.fit.alpha * factor;
      const t = Float64Array.from(data, (x) => Math.tanh(alpha * x));
      const meanT = t.reduce((sum, value) => sum + value, 0) / t.length;
      const covariance = t.reduce((sum, value, i) => sum + (value - meanT) * (y[i]! - meanY), 0);
      const variance = t.reduce((sum, value) => sum + (value - meanT) ** 2, 0);
      const there = whatIf(layer, alpha)!;
      expect(Math.abs(there.r2 - covariance ** 2 / variance / total)).toBeLessThan(2e-3);
      expect(Math.abs(there.unitGainR2 - (1 - t.reduce((sum, value, i) => sum + (value - y[i]!) ** 2, 0) / total))).toBeLessThan(2e-3);
      const beyond = data.reduce((count, x) => count + (Math.abs(alpha * x) > 2 ? 1 : 0), 0) / data.length;
      expect(Math.abs(there.saturation["2"] - beyond)).toBeLessThan(0.01);
    }
  });

  it("has nothing to say of a layer without a fit", () => {
    expect(whatIf({ ...layer, fit: { ...layer.fit, status: "no-data" } }, 1)).toBeUndefined();
  });
});
