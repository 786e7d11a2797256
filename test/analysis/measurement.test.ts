import { describe, expect, it } from "vitest";
import { LayerMeasurement } from "../../src/analysis/measurement";
import { gaussian, meanOf, measure, normOf, realisticRows } from "./support";

const channels = 48;

describe("statistics of the input", () => {
  const data = realisticRows(200, channels, 1, true).map((x) => x + 50);
  const { input, tokens } = measure(data, normOf(channels)).layer;
  const mean = meanOf(data.length, (i) => data[i]!);
  const power = (exponent: number) => meanOf(data.length, (i) => (data[i]! - mean) ** exponent);

  it("equal those of two plain passes, one for the mean and one for the powers", () => {
    expect(tokens).toBe(200);
    expect(input.mean / mean).toBeCloseTo(1, 12);
    expect(input.std / Math.sqrt(power(2))).toBeCloseTo(1, 12);
    expect(input.rms / Math.sqrt(power(2) + mean * mean)).toBeCloseTo(1, 12);
    expect(input.kurtosis / (power(4) / power(2) ** 2)).toBeCloseTo(1, 11);
    expect(input.absMax).toBe(Math.max(...data.map(Math.abs)));
    expect(input.nonFinite).toBe(0);
  });

  it("stay accurate where the mean is large and the spread small", () => {
    const far = realisticRows(100, channels, 2).map((x) => 1e4 + x);
    const farMean = meanOf(far.length, (i) => far[i]!);
    const variance = meanOf(far.length, (i) => (far[i]! - farMean) ** 2);
    expect(measure(far, normOf(channels)).layer.input.std / Math.sqrt(variance)).toBeCloseTo(1, 11);
  });

  it("give quantiles within 0.5 % of the sorted elements'", () => {
    const many = realisticRows(2000, channels, 4).map((x) => x + 1);
    const sorted = many.slice().sort();
    for (const [level, value] of Object.entries(measure(many, normOf(channels)).layer.input.quantiles)) {
      const exact = sorted[Math.floor(Number(level) * sorted.length)]!;
      expect(Math.abs(value / exact - 1)).toBeLessThan(5e-3);
    }
  });

  it("give quantiles within a bin, 1/128, where elements are few and far between", () => {
    const sorted = data.slice().sort();
    for (const [level, value] of Object.entries(input.quantiles)) {
      expect(Math.abs(value / sorted[Math.floor(Number(level) * sorted.length)]! - 1)).toBeLessThan(1 / 128);
    }
  });

  it("keep the first position apart, with all heads of it", () => {
    const heads = 3;
    const first = (row: number) => row % 30 < heads;
    const values = [...data.keys()].filter((i) => i < 180 * channels && first(Math.floor(i / channels))).map((i) => data[i]!);
    const { layer } = measure(data.slice(0, 180 * channels), normOf(channels), { rowsPerSequence: 30, rowsPerPosition: heads });
    const firstMean = meanOf(values.length, (i) => values[i]!);
    expect(layer.input.first!.absMax).toBe(Math.max(...values.map(Math.abs)));
    expect(layer.input.first!.std).toBeCloseTo(Math.sqrt(meanOf(values.length, (i) => (values[i]! - firstMean) ** 2)), 6);
  });

  it("have no first position where a sequence is one position", () => {
    expect(measure(data, normOf(channels), { rowsPerSequence: 1 }).layer.input.first).toBeUndefined();
    expect(measure(data, normOf(channels), { rowsPerSequence: 4, rowsPerPosition: 4 }).layer.input.first).toBeUndefined();
  });
});

describe("leaving the first position out", () => {
  it("brings a layer that one huge token bends back to the line", () => {
    const random = gaussian(7);
    const data = Float32Array.from({ length: 128 * channels }, (_, i) => (i < channels ? 35 : 1) * random());
    // Equal spread of all tokens but the first: without that one the norm is a line.
    for (let row = 0; row < 128; row++) standardise(data.subarray(row * channels, (row + 1) * channels), row === 0 ? 110 : 3);
    const all = measure(data, normOf(channels)).layer;
    const rest = measure(data, normOf(channels), { skipFirst: true }).layer;
    expect(all.linear.r2).toBeLessThan(0.2);
    expect(rest.linear.r2).toBeGreaterThan(0.999999);
    expect(rest.fit.status).toBe("linear");
    expect(rest.tokens).toBe(127);
    expect(rest.input.first).toEqual(all.input.first);
    expect(rest.input.absMax).toBeLessThan(all.input.absMax);
  });
});

describe("the way rows come", () => {
  const rows = 240;
  const data = realisticRows(rows, channels, 3, true);
  const norm = normOf(channels, { eps: 1e-5 });
  const whole = measure(data, norm, { rowsPerSequence: 20 });

  it.each([1, 3, 7])("makes no difference: blocks of %d sequences", (sequencesPerBlock) => {
    expect(measure(data, norm, { rowsPerSequence: 20, sequencesPerBlock })).toEqual(whole);
  });

  it("makes next to none: sequences in another order", () => {
    const turned = new Float32Array(data.length);
    for (let sequence = 0; sequence < 12; sequence++) turned.set(data.subarray(sequence * 20 * channels, (sequence + 1) * 20 * channels), (11 - sequence) * 20 * channels);
    const { layer } = measure(turned, norm, { rowsPerSequence: 20 });
    expect(layer.input.std / whole.layer.input.std).toBeCloseTo(1, 12);
    expect(layer.linear.r2).toBeCloseTo(whole.layer.linear.r2, 12);
    expect(layer.fit.r2).toBeCloseTo(whole.layer.fit.r2, 4);
    expect(layer.fit.alpha / whole.layer.fit.alpha).toBeCloseTo(1, 3);
    expect(layer.perChannel.alpha / whole.layer.perChannel.alpha).toBeCloseTo(1, 3);
  });

  it("is drawn by the seed alone", () => {
    expect(measure(data, norm, { rowsPerSequence: 20, seed: 1 }).layer.curve.points).not.toEqual(whole.layer.curve.points);
    expect(measure(data, norm, { rowsPerSequence: 20, seed: 1 }).layer.fit.alpha).toBe(whole.layer.fit.alpha);
  });

  it("may begin with rows of zeros", () => {
    const padded = new Float32Array(data.length + 20 * channels);
    padded.set(data, 20 * channels);
    const { layer } = measure(padded, norm, { rowsPerSequence: 20, sequencesPerBlock: 1 });
    expect(layer.tokens).toBe(rows + 20);
    expect(layer.fit.alpha / whole.layer.fit.alpha).toBeCloseTo(1, 1);
  });
});

describe("several layers at a time", () => {
  it("do not disturb each other", () => {
    const inputs = [1, 2, 3].map((seed) => realisticRows(90, channels + seed, seed));
    const layers = inputs.map((_, i) => new LayerMeasurement(normOf(channels + i + 1), { seed: 0, skipFirst: false }));
    for (let sequence = 0; sequence < 3; sequence++) {
      layers.forEach((layer, i) => {
        const size = 30 * (channels + i + 1);
        layer.add({ data: inputs[i]!.slice(sequence * size, (sequence + 1) * size), rows: 30, rowsPerSequence: 30, rowsPerPosition: 1 });
      });
    }
    layers.forEach((layer, i) => {
      expect(layer.finish()).toEqual(measure(inputs[i]!, normOf(channels + i + 1), { rowsPerSequence: 30 }));
    });
  });
});

describe("rows longer than a piece of the bench", () => {
  it("are added up whole", () => {
    const wide = 20_000;
    const data = realisticRows(4, wide, 2);
    const { layer } = measure(data, normOf(wide));
    const reversed = measure(data.map((_, i) => data[i - (i % wide) + wide - 1 - (i % wide)]!), normOf(wide)).layer;
    expect(layer.curve.binnedMean.count.reduce((sum, count) => sum + count, 0)).toBe(4 * wide);
    expect(layer.fit.alpha / reversed.fit.alpha).toBeCloseTo(1, 8);
    expect(layer.perChannel.alpha / reversed.perChannel.alpha).toBeCloseTo(1, 8);
  });

  it("fill few bins where they are so long that the bench is full, and still give a sound fit", () => {
    const wide = 60_000;
    const data = realisticRows(6, wide, 2);
    const { fit, ceiling } = measure(data, normOf(wide)).layer;
    const part = measure(Float32Array.from(data.filter((_, i) => i % wide < 5000)), normOf(5000)).layer;
    expect(fit.r2).toBeLessThanOrEqual(ceiling.r2);
    expect(Math.abs(fit.alpha / part.fit.alpha - 1)).toBeLessThan(0.1);
  });
});

describe("NaN and infinity", () => {
  it("are counted, and their rows left out of everything", () => {
    const data = realisticRows(60, channels, 5);
    const damaged = data.slice();
    damaged[3 * channels + 1] = NaN;
    damaged[3 * channels + 2] = Infinity;
    damaged[9 * channels] = -Infinity;
    const without = Float32Array.from(data.filter((_, i) => ![3, 9].includes(Math.floor(i / channels))));
    const clean = measure(without, normOf(channels)).layer;
    const layer = measure(damaged, normOf(channels)).layer;
    expect(layer.tokens).toBe(58);
    expect(layer.input).toEqual({ ...clean.input, nonFinite: 3 });
    expect(layer.fit).toEqual(clean.fit);
  });

  it("in every row leave no data", () => {
    const { layer, channelFit } = measure(new Float32Array(4 * channels).fill(NaN), normOf(channels));
    expect(layer.fit.status).toBe("no-data");
    expect(layer.tokens).toBe(0);
    expect(layer.input.nonFinite).toBe(4 * channels);
    expectFinite(layer);
    expect(channelFit.gain.every((gain) => gain === 0)).toBe(true);
  });
});

describe("inputs at the edge", () => {
  it("without rows are no data", () => {
    const { layer } = new LayerMeasurement(normOf(channels), { seed: 0, skipFirst: false }).finish();
    expect(layer.fit.status).toBe("no-data");
    expectFinite(layer);
  });

  it.each([0, 1e-5])("of constant tokens are degenerate, eps %d", (eps) => {
    const data = Float32Array.from({ length: 30 * channels }, (_, i) => 0.1 * Math.floor(i / channels));
    const { layer, channelFit } = measure(data, normOf(channels, { eps, bias: new Float32Array(channels).fill(2) }));
    expect(layer.fit.status).toBe("degenerate");
    expect(layer.fit.alpha).toBeGreaterThan(0);
    expect([...new Set(channelFit.offset)]).toEqual([2]);
    expectFinite(layer);
  });

  it("of zeros are degenerate", () => {
    expect(measure(new Float32Array(10 * channels), normOf(channels, { eps: 1e-6 })).layer.fit.status).toBe("degenerate");
  });

  it("of the largest and the smallest float32 are measured", () => {
    const data = realisticRows(40, channels, 6);
    for (const factor of [1e37, 1e-37]) {
      const { layer } = measure(data.map((x) => (x * factor) / 10), normOf(channels));
      expect(layer.fit.status).toBe("ok");
      expect((layer.fit.alpha * factor) / 10 / measure(data, normOf(channels)).layer.fit.alpha).toBeCloseTo(1, 3);
      expectFinite(layer);
    }
  });
});

describe("the DyT that replaces a trained norm", () => {
  const rows = 300;
  const data = realisticRows(rows, channels, 9);
  const random = gaussian(2);
  const weight = Float32Array.from({ length: channels }, (_, channel) => (channel === 5 ? 0 : 1 + 0.2 * random()));
  const bias = Float32Array.from({ length: channels }, () => random());

  it("reproduces the norm's output with the R² it claims", () => {
    const { layer, channelFit } = measure(data, normOf(channels, { weight, bias }));
    const y = normalisedWith(data, weight, bias);
    const grandMean = meanOf(y.length, (i) => y[i]!);
    const residual = meanOf(y.length, (i) => {
      const channel = i % channels;
      return (channelFit.gain[channel]! * Math.tanh(channelFit.alpha * data[i]!) + channelFit.offset[channel]! - y[i]!) ** 2;
    });
    const total = meanOf(y.length, (i) => (y[i]! - grandMean) ** 2);
    expect(channelFit.alpha).toBe(layer.perChannel.alpha);
    expect(Math.abs(1 - residual / total - layer.perChannel.r2)).toBeLessThan(1e-5);
  });

  it("has gain 0 and the bias where the weight is 0", () => {
    const { channelFit } = measure(data, normOf(channels, { weight, bias }));
    expect(channelFit.gain[5]).toBe(0);
    expect(channelFit.offset[5]).toBe(bias[5]);
  });

  it("takes one weight for all channels, and none for 1", () => {
    const one = measure(data, normOf(channels));
    const half = measure(data, normOf(channels, { weight: Float32Array.of(0.5) }));
    expect(half.layer.perChannel.alpha).toBeCloseTo(one.layer.perChannel.alpha, 6);
    expect(half.layer.perChannel.r2).toBeCloseTo(one.layer.perChannel.r2, 9);
    half.channelFit.gain.forEach((gain, channel) => {
      expect(gain).toBeCloseTo(one.channelFit.gain[channel]! / 2, 4);
    });
  });

  it("copes with a channel that never varies", () => {
    const flat = data.map((x, i) => (i % channels === 11 ? 0 : x));
    const { layer, channelFit } = measure(flat, normOf(channels, { kind: "rmsnorm", weight, bias }));
    expectFinite(layer);
    expect(channelFit.gain[11]).toBe(0);
    expect(channelFit.offset[11]).toBeCloseTo(bias[11]!, 6);
  });
});

/** Gives a row mean 0 and the given standard deviation. */
function standardise(row: Float32Array, std: number): void {
  const mean = meanOf(row.length, (i) => row[i]!);
  const own = Math.sqrt(meanOf(row.length, (i) => (row[i]! - mean) ** 2));
  row.forEach((x, i) => (row[i] = ((x - mean) / own) * std));
}

function normalisedWith(data: Float32Array, weight: Float32Array, bias: Float32Array): Float64Array {
  const y = new Float64Array(data.length);
  for (let start = 0; start < data.length; start += channels) {
    const mean = meanOf(channels, (i) => data[start + i]!);
    const std = Math.sqrt(meanOf(channels, (i) => (data[start + i]! - mean) ** 2));
    for (let i = 0; i < channels; i++) y[start + i] = ((data[start + i]! - mean) / std) * weight[i]! + bias[i]!;
  }
  return y;
}

/** Every number in it can be written as JSON. */
function expectFinite(value: unknown): void {
  expect(JSON.stringify(value, (_, part: unknown) => (typeof part === "number" && !Number.isFinite(part) ? "not finite" : part))).not.toContain("not finite");
}
