import { describe, expect, test } from "vitest";
import type { Replacement } from "../../src/shared/replacement";
import { damageOfReplacement } from "../../src/shared/replacement-shape";
import { damageOf } from "../../src/shared/result-shape";
import { withReplacement } from "../synthetic-replacement";
import { syntheticResult } from "../synthetic-result";

const result = JSON.parse(JSON.stringify(withReplacement(syntheticResult(2)))) as { replacement: Replacement };
const { replacement } = result;

describe("damage of what replacing costs", () => {
  test("is none where there is none, nor where a cost is infinite", () => {
    expect(damageOf(result)).toBeUndefined();
    expect(damageOfReplacement(undefined)).toBeUndefined();
    const [layer] = replacement.layers;
    expect(damageOfReplacement({ ...replacement, layers: [{ ...layer, cost: null, defaultCost: null }] })).toBeUndefined();
  });

  test("is damage of the result", () => {
    expect(damageOf({ ...result, replacement: { ...replacement, seconds: "30" } })).toBe("replacement.seconds is no number");
  });

  test.each(Object.keys(replacement))("is found where %s lacks", (field) => {
    expect(damageOfReplacement({ ...replacement, [field]: undefined })).toContain(`replacement.${field}`);
  });

  const [layer, ...layers] = replacement.layers;
  const [role] = replacement.roles;
  test.each<[string, unknown]>([
    ["is no object", 1],
    ["cost is no number", { ...replacement, layers: [...layers, { ...layer, cost: "1" }] }],
    ["a kl is no number", { ...replacement, unchanged: { ...replacement.unchanged, scores: { hiddenError: 0, kl: "0" } } }],
    ['the measure of cost "bits" is not known', { ...replacement, measure: "bits" }],
    ['the method "luck" is not known', { ...replacement, chosen: "luck" }],
    ['the curve "sine" is not known', { ...replacement, layers: [{ ...layer, curve: "sine" }] }],
    ['the role "toString" is not known', { ...replacement, roles: [{ ...role, role: "toString" }] }],
    ["tuneSteps is no number", { ...replacement, tuneSteps: "60" }],
    ["limit is no number", { ...replacement, budget: { ...replacement.budget, limit: "1" } }],
    ["is none of its layers", { ...replacement, budget: { ...replacement.budget, points: [{ count: 99, cost: 1 }] } }],
    ["is none of its layers", { ...replacement, budget: { ...replacement.budget, count: 0.5 } }],
  ])("is found: %s", (words, damaged) => {
    expect(damageOfReplacement(damaged)).toContain(words);
  });
});
