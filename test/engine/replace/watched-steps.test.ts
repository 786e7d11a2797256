import { expect, test } from "vitest";
import { watchedSteps } from "../../../src/engine/replace/watched-steps";
import type { Progress } from "../../../src/shared/progress";

test("steps that are done tell how long the others will take", () => {
  const told: Progress[] = [];
  let time = 100;
  const onSteps = watchedSteps("tuning all layers together", (progress) => { told.push(progress); }, () => time);
  for (const done of [0, 1, 4]) {
    onSteps(done, 10);
    time += done === 0 ? 2 : 10;
  }
  const common = { phase: "replace", stage: "tuning all layers together", total: 10 };
  expect(told).toEqual([{ ...common, done: 0 }, { ...common, done: 1, secondsLeft: 18 }, { ...common, done: 4, secondsLeft: 18 }]);
});

test("work that begins in the middle counts from there", () => {
  const told: Progress[] = [];
  let time = 0;
  const onSteps = watchedSteps("all layers", (progress) => { told.push(progress); }, () => time);
  onSteps(3, 5);
  time = 4;
  onSteps(4, 5);
  expect(told.map(({ secondsLeft }) => secondsLeft)).toEqual([undefined, 4]);
});
