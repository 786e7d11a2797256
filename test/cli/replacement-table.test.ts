import { describe, expect, test } from "vitest";
import { renderReplacement } from "../../src/cli/replacement-table";
import { replacementMethods } from "../../src/shared/replacement";
import { withReplacement } from "../synthetic-replacement";
import { syntheticResult } from "../synthetic-result";

const replacement = withReplacement(syntheticResult(3, 4)).replacement!;
const text = (width = 160, changes: Partial<typeof replacement> = {}): string => renderReplacement({ ...replacement, ...changes }, { color: false, width });

describe("the cost of replacing norms", () => {
  test("has the controls, every method that was tried, and a mark at the chosen one", () => {
    expect(text()).toContain("nothing replaced (control)");
    expect(text()).toContain("official conversion");
    expect(text().split("\n").filter((line) => line.startsWith("> "))).toHaveLength(1);
    expect(replacement.methods.map(({ method }) => method).every((method) => replacementMethods.includes(method))).toBe(true);
  });

  test("has a line for every layer, the dearest first", () => {
    const names = [...replacement.layers].sort((a, b) => (b.cost ?? Infinity) - (a.cost ?? Infinity)).map(({ name }) => name);
    const places = names.map((name) => text().indexOf(`\n${name} `));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  test("says which method the alphas of the layers are of, and which their costs", () => {
    const told = (changes: Partial<typeof replacement>): string => /^Values +(.*)$/m.exec(text(2000, changes))![1]!;
    expect(told({ chosen: "tuned", tuneSteps: 60 })).toMatch(/the alphas above are of "DyT, all layers tuned together, 60 steps", .*; costs of single layers.* are of "DyT, every layer fitted by itself"$/);
    expect(told({ chosen: "per-channel" })).toMatch(/^the alphas are of "DyT, every layer fitted by itself"/);
    expect(told({ chosen: "per-channel" })).not.toContain("costs of single layers");
  });

  test("says what did not stay finite", () => {
    const [first, ...rest] = replacement.layers;
    expect(text(160, { layers: [{ ...first!, cost: null }, ...rest] })).toContain("not finite");
  });

  test("tells what a budget allows, and what stays", () => {
    const { order } = replacement.budget;
    const told = text(2000, { budget: { ...replacement.budget, limit: 0.5, count: 2 } });
    expect(told).toContain(`2 of ${order.length} layers can be replaced for at most 0.500`);
    for (const name of order.slice(2)) expect(told.slice(told.indexOf("these stay"))).toContain(name);
  });

  test.each([200, 100, 60])("stays within %i characters", (width) => {
    expect(Math.max(...text(width).split("\n").map((line) => Array.from(line).length))).toBeLessThanOrEqual(width);
  });

  test("without predictions has no perplexity", () => {
    expect(text(200, { measure: "error" })).not.toContain("perplexity");
    expect(text(200, { measure: "kl" })).not.toContain("perplexity");
    expect(text(200, { measure: "kl" })).toContain("top-1");
  });
});
