import { beforeAll, describe, expect, test } from "vitest";
import { openOnnxRuntime } from "../../../../src/engine/runtime/onnxruntime";
import type { Runtime } from "../../../../src/engine/runtime/runtime";
import type { ElementType } from "../../../../src/engine/runtime/tfjs/host/array";
import { operators } from "../../../../src/engine/runtime/tfjs/operators/operators";
import { openTfjs } from "../../../../src/engine/runtime/tfjs/tfjs";
import { testedBackends } from "./backends";
import { cases } from "./cases";
import { outputsOf, shapesOf, type Case } from "./model";

function nameOf({ opType, opset, inputs, attributes }: Case): string {
  const shapes = inputs.map((input) => (input ? `${input.type}[${input.shape.join(",")}]` : "none")).join(" ");
  return `${opType}-${opset}(${shapes}) ${JSON.stringify(attributes)}`;
}

/** Largest error, relative to a number's magnitude; next to large numbers, small ones count as if they were 1. */
function toleranceOf(type: ElementType, given: Case): number {
  if (type === "float32") return given.tolerance;
  return type === "float64" ? 1e-12 : 0;
}

/** What is far from what is expected; what is not finite must be the same. */
function differences(actual: readonly number[], expected: readonly number[], tolerance: number): object[] {
  const largest = expected.reduce((scale, value) => (Number.isFinite(value) ? Math.max(scale, Math.abs(value)) : scale), 0);
  return expected.flatMap((value, element) => {
    const found = actual[element]!;
    const isClose = Object.is(found, value) || found === value || Math.abs(found - value) <= tolerance * Math.max(Math.abs(value), Math.min(largest, 1));
    return isClose ? [] : [{ element, value, found }];
  });
}

test("every operator has a case", () => {
  const tested = new Set(cases.map((given) => given.opType));
  expect(Object.keys(operators).filter((name) => !tested.has(name))).toEqual([]);
});

describe.each(testedBackends)("operators on tfjs/$device give what onnxruntime gives", ({ device, options }) => {
  let tfjs: Runtime;
  const reference = openOnnxRuntime();

  beforeAll(async () => {
    tfjs = await openTfjs(device, options);
  });

  test.each(cases.map((given, index) => [`${index} ${nameOf(given)}`, given] as const))("%s", async (_name, given) => {
    const expected = await outputsOf(reference, given);
    const actual = await outputsOf(tfjs, given);
    expect(await shapesOf(tfjs, given)).toEqual(await shapesOf(reference, given));
    const types = given.outputs.filter((type) => type !== "");
    for (const [index, type] of types.entries()) {
      expect(actual[index]).toHaveLength(expected[index]!.length);
      expect(differences(actual[index]!, expected[index]!, toleranceOf(type, given))).toEqual([]);
    }
  });
});
