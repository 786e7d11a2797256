import { describe, expect, it } from "vitest";
import { bruteMinimum, gaussian, meanOf, measure, normalised, normOf, realisticRows } from "./support";

const rows = 1600;
const channels = 128;
const random = gaussian(5);
const weight = Float32Array.from({ length: channels }, () => 1 + 0.3 * random());
const bias = Float32Array.from({ length: channels }, () => 0.3 * random());
const norm = normOf(channels, { eps: 1e-5, weight, bias });

/** Every sum over every element, no tables: tolerances are those that the response table is designed for. */
describe.each([
  { what: "ordinary rows", outliers: false, logAlphaWithin: 1e-4 },
  { what: "rows with one channel and the first token 1000 times as large", outliers: true, logAlphaWithin: 2e-4 },
])("the optimum over single elements: $what", ({ outliers, logAlphaWithin }) => {
  const x = realisticRows(rows, channels, 11, outliers);
  const y = normalised(x, norm);
  const count = x.length;
  const meanY = meanOf(count, (i) => y[i]!);
  const varianceY = meanOf(count, (i) => (y[i]! - meanY) ** 2);
  const { layer } = measure(x, norm);

  it("has the same alpha, gain, offset and R² for gain * tanh(alpha * x) + offset", () => {
    const fitAt = (logAlpha: number) => {
      let [sumT, sumTT, sumTY] = [0, 0, 0];
      for (let i = 0; i < count; i++) {
        const t = Math.tanh(Math.exp(logAlpha) * x[i]!);
        sumT += t / count;
        sumTT += (t * t) / count;
        sumTY += (t * (y[i]! - meanY)) / count;
      }
      const gain = sumTY / (sumTT - sumT * sumT);
      return { gain, offset: meanY - gain * sumT, r2: (gain * sumTY) / varianceY };
    };
    const logAlpha = bruteMinimum((place) => -fitAt(place).r2, -7, 1, 0.5);
    const best = fitAt(logAlpha);
    expect(layer.fit.status).toBe("ok");
    expect(Math.abs(Math.log(layer.fit.alpha) - logAlpha)).toBeLessThan(logAlphaWithin);
    expect(Math.abs(layer.fit.r2 - best.r2)).toBeLessThan(2e-6);
    expect(layer.fit.gain / best.gain).toBeCloseTo(1, 3);
    expect(layer.fit.offset).toBeCloseTo(best.offset, 4);
  });

  it("has the same alpha and R² for tanh(alpha * x) alone", () => {
    const r2 = (logAlpha: number) => 1 - meanOf(count, (i) => (Math.tanh(Math.exp(logAlpha) * x[i]!) - y[i]!) ** 2) / varianceY;
    const logAlpha = bruteMinimum((place) => -r2(place), -7, 1, 0.5);
    expect(Math.abs(Math.log(layer.fit.unitGain.alpha) - logAlpha)).toBeLessThan(logAlphaWithin);
    expect(Math.abs(layer.fit.unitGain.r2 - r2(logAlpha))).toBeLessThan(2e-6);
  });

  it("has the same alpha and R² with a gain and an offset for every channel", () => {
    const output = Float64Array.from(y, (value, i) => weight[i % channels]! * value + bias[i % channels]!);
    const grandMean = meanOf(count, (i) => output[i]!);
    const total = meanOf(count, (i) => (output[i]! - grandMean) ** 2) * count;
    const residualOf = (channel: number, alpha: number) => {
      let [sumT, sumTT, sumTY, sumY, sumYY] = [0, 0, 0, 0, 0];
      for (let i = channel; i < count; i += channels) {
        const t = Math.tanh(alpha * x[i]!);
        sumT += t;
        sumTT += t * t;
        sumTY += t * output[i]!;
        sumY += output[i]!;
        sumYY += output[i]! ** 2;
      }
      return sumYY - (sumY * sumY) / rows - (sumTY - (sumT * sumY) / rows) ** 2 / (sumTT - (sumT * sumT) / rows);
    };
    const r2 = (logAlpha: number) => 1 - (meanOf(channels, (channel) => residualOf(channel, Math.exp(logAlpha))) * channels) / total;
    const logAlpha = bruteMinimum((place) => -r2(place), -4, 1, 0.5);
    expect(Math.abs(Math.log(layer.perChannel.alpha) - logAlpha)).toBeLessThan(logAlphaWithin);
    expect(Math.abs(layer.perChannel.r2 - r2(logAlpha))).toBeLessThan(2e-6);
  });

  it("leaves nothing to a search over alpha and shift together", () => {
    const tanh = layer.families.find((family) => family.name === "tanh")!;
    const r2At = (logAlpha: number, shift: number) => {
      let [sumT, sumTT, sumTY] = [0, 0, 0];
      for (let i = 0; i < count; i++) {
        const t = Math.tanh(Math.exp(logAlpha) * x[i]! + shift);
        sumT += t / count;
        sumTT += (t * t) / count;
        sumTY += (t * (y[i]! - meanY)) / count;
      }
      return (sumTY * sumTY) / (sumTT - sumT * sumT) / varianceY;
    };
    const logAlpha = Math.log(tanh.alpha);
    expect(Math.abs(r2At(logAlpha, tanh.shift) - tanh.r2)).toBeLessThan(2e-6);
    for (const [da, ds] of [[0.05, 0], [-0.05, 0], [0, 0.05], [0, -0.05], [0.05, 0.05], [-0.05, 0.05]]) {
      expect(r2At(logAlpha + da!, tanh.shift + ds!)).toBeLessThan(tanh.r2 + 2e-6);
    }
  });
});
