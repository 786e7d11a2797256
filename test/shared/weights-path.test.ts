import { expect, test } from "vitest";
import { weightsPathOf } from "../../src/shared/weights-path";

test.each([
  ["run.normlens.json", "run.normlens.safetensors"],
  ["a/run.json", "a/run.normlens.safetensors"],
  ["run", "run.normlens.safetensors"],
  ["run.json.d/x", "run.json.d/x.normlens.safetensors"],
])("beside %s stands %s", (result, weights) => {
  expect(weightsPathOf(result)).toBe(weights);
});
