import { describe, expect, test } from "vitest";
import { conversionOf, offeredValues, suitingValues, valuesWarning, type ConversionOffer } from "../../src/extension/convert/conversion-choice";
import type { AnalysisRequest } from "../../src/shared/request";
import { withReplacement } from "../synthetic-replacement";
import { syntheticResult } from "../synthetic-result";

const again: AnalysisRequest = { kind: "analyze", checkpoint: "gpt2", input: { kind: "random" }, maxTokens: 64, skipFirst: false, seed: 0, runtime: "auto", device: "auto" };
const plain = syntheticResult(2, 3);
const measured = withReplacement(plain);
const names = measured.layers.map(({ name }) => name);
const offer = (changes: Partial<ConversionOffer> = {}): ConversionOffer => ({ result: measured, path: "r.normlens.json", hasValues: true, alphas: {}, again, ...changes });

describe("values of a conversion", () => {
  test("are those that there are, and those that can be made", () => {
    expect(offeredValues(offer({ result: plain }))).toEqual(["beside", "in-order"]);
    expect(offeredValues(offer({ result: plain, hasValues: false }))).toEqual(["in-order", "alone"]);
    expect(offeredValues(offer({ alphas: { norm: 0.5 } }))).toEqual(["beside", "in-order", "alone", "own"]);
  });

  test("suit the layers: what was fitted together with others does not", () => {
    expect(suitingValues(offer(), undefined)).toBe("beside");
    expect(suitingValues(offer(), names)).toBe("beside");
    expect(suitingValues(offer(), names.slice(1))).toBe("in-order");
    expect(suitingValues(offer({ result: plain }), names.slice(1))).toBe("beside");
    expect(suitingValues(offer({ hasValues: false }), undefined)).toBe("in-order");
    expect(suitingValues(offer({ alphas: { norm: 0.5 } }), undefined)).toBe("own");
  });

  test("are warned of where they were fitted together with others", () => {
    expect(valuesWarning(offer(), names.slice(1), "beside")).toContain("are replaced here");
    expect(valuesWarning(offer(), names.slice(1), "in-order")).toBeUndefined();
    expect(valuesWarning(offer(), undefined, "beside")).toBeUndefined();
  });
});

test("the engine is asked for what was chosen", () => {
  const asked = { analysis: again, target: "there", names: "official" };
  const alphas = { norm: 0.5 };
  expect(conversionOf(offer(), { layers: undefined, values: "beside", target: "there" })).toEqual({ ...asked, values: "r.normlens.json" });
  expect(conversionOf(offer(), { layers: ["norm"], values: "in-order", target: "there" })).toEqual({ ...asked, layers: ["norm"], inOrder: {} });
  expect(conversionOf(offer(), { layers: undefined, values: "alone", target: "there" })).toEqual(asked);
  expect(conversionOf(offer({ alphas }), { layers: undefined, values: "own", target: "there" })).toEqual({ ...asked, inOrder: { alphas } });
});
