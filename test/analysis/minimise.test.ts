import { describe, expect, it } from "vitest";
import { lastWhere, minimiseGlobally, minimiseNear } from "../../src/analysis/minimise";

describe("minimiseGlobally", () => {
  it("finds the lower of two minima", () => {
    const twoValleys = (x: number) => (x * x - 4) ** 2 + x;
    const x = minimiseGlobally(twoValleys, { low: -5, high: 5 }, 0.5, 1e-8);
    expect(4 * x * (x * x - 4) + 1).toBeCloseTo(0, 5);
    expect(x).toBeLessThan(0);
  });

  it("returns the end of the range where the function falls all the way", () => {
    expect(minimiseGlobally((x) => x, { low: -3, high: 2 }, 0.5, 1e-8)).toBe(-3);
    expect(minimiseGlobally((x) => -x, { low: -3, high: 2 }, 0.5, 1e-8)).toBe(2);
  });
});

describe("minimiseNear", () => {
  const valley = (x: number) => Math.cosh(x - 1.234);

  it.each([-4, 1.2, 1.3, 9])("walks to the minimum from %d", (start) => {
    expect(minimiseNear(valley, { low: -10, high: 10 }, start, 0.25, 1e-7)).toBeCloseTo(1.234, 5);
  });

  it("spends few evaluations", () => {
    let count = 0;
    minimiseNear((x) => (count++, valley(x)), { low: -10, high: 10 }, 1.5, 0.25, 1e-5);
    expect(count).toBeLessThan(12);
  });

  it("stops at the end of the range", () => {
    expect(minimiseNear(valley, { low: -5, high: 0 }, -3, 0.25, 1e-7)).toBe(0);
    expect(minimiseNear(valley, { low: 2, high: 5 }, 3, 0.25, 1e-7)).toBe(2);
  });

  it("copes with a corner", () => {
    expect(minimiseNear((x) => Math.abs(x - 0.321), { low: -5, high: 5 }, 2, 0.25, 1e-6)).toBeCloseTo(0.321, 4);
  });
});

describe("lastWhere", () => {
  it("finds where a condition ends", () => {
    expect(lastWhere((x) => x < 0.7, 0, 4, 1e-6)).toBeCloseTo(0.7, 5);
    expect(lastWhere(() => true, 0, 4, 1e-6)).toBe(4);
  });
});
