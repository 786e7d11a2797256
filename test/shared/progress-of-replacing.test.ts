import { expect, test } from "vitest";
import { overallShare, replaceSteps } from "../../src/shared/progress";

test("the share of replacing norms rises from step to step, from 0 to 1", () => {
  const shares = Object.keys(replaceSteps).flatMap((stage) => [0, 1, 2].map((done) => overallShare({ phase: "replace", stage, done, total: 2 })));
  expect(shares[0]).toBe(0);
  expect(shares.at(-1)).toBe(1);
  for (const [index, share] of shares.entries()) expect(share).toBeGreaterThanOrEqual(shares[index - 1] ?? 0);
  expect(new Set(shares).size).toBe(2 * Object.keys(replaceSteps).length + 1);
});
