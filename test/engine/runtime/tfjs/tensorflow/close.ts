import { expect } from "vitest";

interface Values {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: readonly number[];
}

/** Expects the same shapes and types, and values that are equal but for float32's rounding. */
export function expectClose(actual: readonly Values[], expected: readonly Values[]): void {
  expect(actual.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(expected.map(({ shape, dtype }) => ({ shape, dtype })));
  for (const [output, { values }] of expected.entries()) {
    expect(actual[output]!.values).toHaveLength(values.length);
    const worst = Math.max(0, ...values.map((value, index) => difference(actual[output]!.values[index]!, value)));
    expect(worst, `output ${output}: ${actual[output]!.values.join(" ")} instead of ${values.join(" ")}`).toBeLessThan(1e-5);
  }
}

/** Relative to the larger of value and 1; infinite where one is no number. */
function difference(actual: number, expected: number): number {
  if (Object.is(actual, expected)) return 0;
  const relative = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
  return Number.isNaN(relative) ? Infinity : relative;
}
