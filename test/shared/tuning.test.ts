import { expect, test } from "vitest";
import { methodText } from "../../src/shared/replacement-words";
import { secondsOfTuning, stepsOf, tuningAt, tuningRefusal } from "../../src/shared/tuning";
import { withReplacement } from "../synthetic-replacement";
import { syntheticResult } from "../synthetic-result";

const result = syntheticResult(2);
const forward = (tokens: number) => ({ ...result, input: { ...result.input, tokens }, engine: { ...result.engine, seconds: { ...result.engine.seconds, forward: 2 } } });

test("a step takes five passes over one batch, which is no longer than the input", () => {
  expect(secondsOfTuning(60, forward(4096))).toBe(60 * 5 * 2 / 4);
  expect(secondsOfTuning(60, forward(512))).toBe(60 * 5 * 2);
  expect(secondsOfTuning(0, forward(4096))).toBe(0);
});

test("a result knows how long it was tuned, or that it was not", () => {
  expect(stepsOf(result)).toBeUndefined();
  expect(stepsOf(withReplacement(result))).toBe(0);
  expect(stepsOf(withReplacement(result, { tuneSteps: 240 }))).toBe(240);
});

test("a refusal to tune is told from other warnings", () => {
  expect(tuningRefusal(result)).toBeUndefined();
  expect(tuningRefusal({ warnings: [...result.warnings, { code: "not-tuned", message: "no gradient." }] })).toBe("no gradient.");
});

test("steps are counted from 1, and end at the last", () => {
  const at = (done: number) => tuningAt({ phase: "replace", stage: "tuning all layers together", done, total: 60 });
  expect([at(0), at(59), at(60)]).toEqual([{ step: 1, of: 60 }, { step: 60, of: 60 }, { step: 60, of: 60 }]);
  expect(tuningAt({ phase: "replace", stage: "all layers", done: 0, total: 60 })).toBeUndefined();
});

test("a method says how long it was tuned, where that is known and where it was", () => {
  expect(methodText("tuned", 240)).toBe("DyT, all layers tuned together, 240 steps");
  expect(methodText("tuned", undefined)).toBe("DyT, all layers tuned together");
  expect(methodText("in-order", 240)).toBe("DyT, fitted in order");
});
