import { describe, expect, it } from "vitest";
import { curves, erf } from "../../src/analysis/curves";
import { fastTanh } from "../../src/analysis/fast-tanh";
import { familyNames } from "../../src/shared/result";

describe("erf", () => {
  // Abramowitz and Stegun, table 7.1, and the complement at 3 and 4 (1 - erf).
  it.each([
    [0, 0],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.5, 0.9995930479825551],
    [3, 1 - 2.209049699858544e-5],
    [4, 1 - 1.541725790028002e-8],
    [7, 1],
  ])("of %d is %d", (z, value) => {
    expect(Math.abs(erf(z) - value)).toBeLessThan(1e-12);
    expect(erf(-z) + erf(z)).toBeCloseTo(0, 15);
  });
});

describe("fastTanh", () => {
  it("stays within 3e-8 of tanh", () => {
    let worst = 0;
    for (let z = -12; z <= 12; z += 0.000731) worst = Math.max(worst, Math.abs(fastTanh(z) - Math.tanh(z)));
    expect(worst).toBeLessThan(3e-8);
    expect(fastTanh(Infinity)).toBe(1);
    expect(fastTanh(-1e300)).toBe(-1);
  });
});

describe.each(familyNames)("%s", (name) => {
  const { value, slope } = curves[name];

  it("is odd, rises and ends at 1", () => {
    for (let z = 0; z < 5; z += 0.1) {
      expect(value(-z)).toBeCloseTo(-value(z), 14);
      expect(value(z + 0.1)).toBeGreaterThanOrEqual(value(z));
    }
    expect(value(1e9)).toBeCloseTo(1, 8);
  });

  it("has the slope it says", () => {
    for (const z of [-2.3, -0.7, -0.2, 0.05, 0.4, 1.7, 3.1]) expect((value(z + 1e-5) - value(z - 1e-5)) / 2e-5).toBeCloseTo(slope(z), 8);
  });
});
