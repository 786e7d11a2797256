import { describe, expect, test } from "vitest";
import { emptyCurve } from "../../src/analysis/curve-data";
import { damageOf } from "../../src/shared/result-shape";
import { syntheticResult } from "../synthetic-result";

type Json = Record<string, unknown> | unknown[];

/** Every place in a JSON value, lists by their first element. */
function places(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [[...path]];
  const entries: [string | number, unknown][] = Array.isArray(value) ? value.slice(0, 1).map((element) => [0, element]) : Object.entries(value);
  return [...(path.length > 0 ? [[...path]] : []), ...entries.flatMap(([key, part]) => places(part, [...path, key]))];
}

function changed(value: Json, path: readonly (string | number)[], to: unknown): Json {
  const copy = structuredClone(value) as Record<string | number, unknown>;
  let here = copy;
  for (const key of path.slice(0, -1)) here = here[key] as Record<string | number, unknown>;
  here[path.at(-1)!] = to;
  return copy;
}

describe("damage of a result", () => {
  const result = JSON.parse(JSON.stringify(syntheticResult())) as Json;
  const all = places(result);

  test("is none where there is none", () => {
    expect(damageOf(result)).toBeUndefined();
    expect(all.length).toBeGreaterThan(100);
  });

  test.each([null, { deep: 1 }, ["list"]])("is found wherever a field is %j", (to) => {
    for (const path of all) {
      const before = path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], result);
      // A list may be of any length, so a list in the place of a list is damage by its element.
      if (Array.isArray(to) && Array.isArray(before) && before.length === 0) continue;
      if (!Array.isArray(to) && to !== null && typeof before === "object" && !Array.isArray(before) && Object.keys(before!).length === 0) continue;
      expect(damageOf(changed(result, path, to)), path.join(".")).toEqual(expect.any(String));
    }
  });

  test.each([["role"], ["kind"], ["fit", "status"]])("is a word that is not known: %s", (...path) => {
    expect(damageOf(changed(result, ["layers", 0, ...path], "toString"))).toContain("\"toString\" is not known");
  });

  test("is a list of batch norms that are no names", () => {
    expect(damageOf(changed(result, ["coverage", "batchNorms"], ["bn1"]))).toBeUndefined();
    expect(damageOf(changed(result, ["coverage", "batchNorms"], [1]))).toContain("coverage.batchNorms");
  });

  test("is a name that two layers have", () => {
    expect(damageOf(changed(result, ["layers", 1, "name"], "transformer.h.0.ln_1"))).toBe("two layers are named \"transformer.h.0.ln_1\"");
  });

  test.each([["columns", 7], ["columns", 0.5], ["columns", -1], ["rows", 1e9], ["counts", [1]], ["xMax", -1e9], ["yMin", 1e9]])("is a density whose %s is %j", (field, to) => {
    expect(damageOf(changed(result, ["layers", 2, "curve", "density", field], to))).toBe("layers[2].curve.density is no grid");
  });

  test.each([["binnedMean", "y"], ["points", "token"], ["affine", "gamma"]])("is a list of %s whose %s is shorter than the others", (part, field) => {
    expect(damageOf(changed(result, ["layers", 0, "curve", part, field], []))).toBe(`the lists of layers[0].curve.${part} are not equally long`);
  });

  test("is not a density of no cells, which a layer without data has", () => {
    expect(damageOf(changed(result, ["layers", 0, "curve"], emptyCurve))).toBeUndefined();
  });
});
