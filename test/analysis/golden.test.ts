import { describe, expect, it } from "vitest";
import golden from "./golden/fits.json";
import { measure, normOf } from "./support";

const rows = 1000;
const channels = 64;

/** The same numbers as `rows` in golden/fits.py. */
const data = Float32Array.from({ length: rows * channels }, (_, i) => {
  const noise = Math.sin(0.61 * i) + Math.sin(1.37 * i + 0.5) + Math.sin(2.93 * i + 1.1) + Math.sin(5.03 * i + 2);
  return Math.exp(0.9 * Math.sin(1.7 * Math.floor(i / channels))) * (noise + 0.4);
});

describe("scipy's curve_fit over single elements", () => {
  const { fit, families } = measure(data, normOf(channels, { eps: 1e-5 })).layer;

  it("finds the same pooled fit", () => {
    expect(fit.alpha / golden.fit.alpha).toBeCloseTo(1, 4);
    expect(fit.gain / golden.fit.gain).toBeCloseTo(1, 4);
    expect(fit.offset).toBeCloseTo(golden.fit.offset, 4);
    expect(Math.abs(fit.r2 - golden.fit.r2)).toBeLessThan(2e-6);
  });

  it("finds the same fit without gain", () => {
    expect(fit.unitGain.alpha / golden.unitGain.alpha).toBeCloseTo(1, 4);
    expect(Math.abs(fit.unitGain.r2 - golden.unitGain.r2)).toBeLessThan(2e-6);
  });

  it.each(golden.families)("finds the same $name with shift", (expected) => {
    const family = families.find(({ name }) => name === expected.name)!;
    // The least squares of hardtanh are flat and have corners: only its R² is determined.
    if (expected.name === "hardtanh") {
      expect(Math.abs(family.r2 - expected.r2)).toBeLessThan(5e-5);
      return;
    }
    expect(family.alpha / expected.alpha).toBeCloseTo(1, 3);
    expect(Math.abs(family.shift - expected.shift)).toBeLessThan(1e-4);
    expect(family.gain / expected.gain).toBeCloseTo(1, 3);
    expect(Math.abs(family.r2 - expected.r2)).toBeLessThan(2e-6);
  });
});
