import { describe, expect, it } from "vitest";
import { measure, normOf, realisticRows } from "./support";
import { groupByRole, suggestAlphas } from "../../src/analysis/suggestion";
import type { NormRole } from "../../src/shared/norm";
import type { LayerResult } from "../../src/shared/result";

const languageModel = (width: number) => ({ isLanguageModel: true, width });

describe("alphas for training a language model from scratch", () => {
  it.each([
    [1024, 1, 1],
    [2048, 1, 0.5],
    [4096, 0.8, 0.2],
    [5120, 0.6, 0.15],
    [8192, 0.2, 0.05],
  ])("are the published ones at width %d: %d in front of attention, %d elsewhere", (width, attention, other) => {
    expect(suggestAlphas(languageModel(width), "attention", 0.7)).toEqual({ scratch: attention, scratchSource: "published", convert: 0.7 });
    for (const role of ["ffn", "final", "post-attention", "post-ffn", "embedding", "other"] as const) {
      expect(suggestAlphas(languageModel(width), role, 0.7).scratch).toBe(other);
    }
    for (const role of ["query", "key"] as const) expect(suggestAlphas(languageModel(width), role, 0.7).scratch).toBe(attention);
  });

  it("lie in between at widths in between, evenly in log2(width)", () => {
    const { scratch, scratchSource } = suggestAlphas(languageModel(2896.309), "ffn", 1);
    expect(scratch).toBeCloseTo(0.35, 5);
    expect(scratchSource).toBe("interpolated");
  });

  it("stay at the ends outside the published widths", () => {
    expect(suggestAlphas(languageModel(768), "ffn", 1)).toEqual({ scratch: 1, scratchSource: "nearest", convert: 1 });
    expect(suggestAlphas(languageModel(16384), "ffn", 1).scratch).toBe(0.05);
  });

  it("never fall below the others' in front of attention, and fall with the width", () => {
    let before = Infinity;
    for (let width = 512; width <= 20_000; width += 64) {
      const attention = suggestAlphas(languageModel(width), "attention", 1).scratch;
      const other = suggestAlphas(languageModel(width), "ffn", 1).scratch;
      expect(attention).toBeGreaterThanOrEqual(other);
      expect(other).toBeLessThanOrEqual(before);
      before = other;
    }
  });
});

describe("alphas for training anything else from scratch", () => {
  it("are 0.5, marked default", () => {
    expect(suggestAlphas({ isLanguageModel: false, width: 4096 }, "attention", 2)).toEqual({ scratch: 0.5, scratchSource: "default", convert: 2 });
  });

  it("are 0.5 where the width is unknown", () => {
    expect(suggestAlphas(languageModel(0), "ffn", 2).scratchSource).toBe("default");
  });
});

describe("groups", () => {
  const template = measure(realisticRows(80, 32, 1), normOf(32)).layer;
  const layer = (role: NormRole, alpha: number, status: "ok" | "linear" = "ok"): LayerResult => ({
    ...template,
    role,
    calls: 1,
    fit: { ...template.fit, status },
    perChannel: { alpha, r2: 0.9 },
    suggest: { scratch: 0.5, scratchSource: "default", convert: alpha },
  });

  it("hold the median and the range of determined alphas, in the order of roles", () => {
    const groups = groupByRole([layer("final", 3), layer("ffn", 1), layer("ffn", 2), layer("ffn", 9, "linear"), layer("ffn", 4), layer("attention", 5)], languageModel(4096));
    expect(groups.map((group) => group.role)).toEqual(["attention", "ffn", "final"]);
    expect(groups[1]).toEqual({
      role: "ffn",
      count: 4,
      alphaMedian: 2,
      alphaMin: 1,
      alphaMax: 4,
      suggest: { scratch: 0.2, scratchSource: "published", convert: 2 },
    });
  });

  it("have no range where no alpha is determined, but still one to convert with", () => {
    const [group] = groupByRole([layer("ffn", 0.2, "linear"), layer("ffn", 0.4, "linear")], languageModel(1024));
    expect(group).toMatchObject({ alphaMedian: 0, alphaMin: 0, alphaMax: 0 });
    expect(group!.suggest.convert).toBeCloseTo(0.3, 12);
  });
});
