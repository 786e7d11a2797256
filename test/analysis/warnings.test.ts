import { describe, expect, it } from "vitest";
import { measure, normOf, realisticRows } from "./support";
import { warningsFor } from "../../src/analysis/warnings";
import type { LayerResult, Result } from "../../src/shared/result";

type Findings = Parameters<typeof warningsFor>[0];

const template: LayerResult = {
  ...measure(realisticRows(300, 32, 1), normOf(32)).layer,
  calls: 1,
  suggest: { scratch: 0.5, scratchSource: "default", convert: 1 },
};
const model: Result["model"] = { path: "m", format: "safetensors", family: "vit", architecture: "vit", width: 192, depth: 12, parameters: 0, dtype: "F32", isLanguageModel: false };
const input: Result["input"] = { kind: "text", source: "t", sequences: 1, tokens: 300, sha256: "", seed: 0, skipFirst: false };

const quiet: Findings = { model, input, coverage: { found: 1, measured: 1, missing: [] }, layers: [template] };
const layers = (count: number, change: Partial<LayerResult>): LayerResult[] => Array.from({ length: count }, (_, i) => ({ ...template, ...change, name: `blocks.${i}.norm` }));
const codes = (findings: Partial<Findings>) => warningsFor({ ...quiet, ...findings }).map((warning) => warning.code);

describe("warnings", () => {
  it("are none where nothing is wrong", () => {
    expect(warningsFor(quiet)).toEqual([]);
  });

  it.each<[string, Partial<Findings>]>([
    ["random-input", { input: { ...input, kind: "random" } }],
    ["few-tokens", { layers: layers(1, { tokens: 20 }) }],
    ["not-covered", { coverage: { found: 2, measured: 1, missing: [{ name: "a.norm", reason: "never reached" }] } }],
    ["non-finite", { layers: layers(1, { input: { ...template.input, nonFinite: 3 } }) }],
    ["degenerate", { layers: layers(1, { fit: { ...template.fit, status: "degenerate" } }) }],
    ["degenerate", { layers: layers(1, { fit: { ...template.fit, status: "no-data" } }) }],
    ["near-linear", { layers: layers(1, { fit: { ...template.fit, status: "linear" } }) }],
    ["first-token-outliers", { layers: layers(1, { input: { ...template.input, first: { std: 100, absMax: 1000 } } }) }],
    ["embedding-scale", { model: { ...model, isLanguageModel: true } }],
    ["vit-large", { model: { ...model, width: 1024 } }],
    ["post-norm", { layers: layers(1, { role: "post-attention" }) }],
    ["final-norm", { layers: layers(1, { role: "final" }) }],
  ])("%s", (code, findings) => {
    expect(codes(findings)).toEqual([code]);
  });

  it("about first tokens fall silent once these are skipped, and name the way out before", () => {
    const outliers = layers(1, { input: { ...template.input, first: { std: 100, absMax: 1000 } } });
    expect(codes({ layers: outliers, input: { ...input, skipFirst: true } })).toEqual([]);
    expect(warningsFor({ ...quiet, layers: outliers })[0]!.message).toContain("a run that skips first positions (--skip-first;");
  });

  it("name each of few layers, and sum up many", () => {
    const linear = { fit: { ...template.fit, status: "linear" as const } };
    expect(warningsFor({ ...quiet, layers: layers(3, linear) }).map((warning) => warning.layer)).toEqual(["blocks.0.norm", "blocks.1.norm", "blocks.2.norm"]);
    const many = warningsFor({ ...quiet, layers: layers(25, linear) });
    expect(many).toHaveLength(1);
    expect(many[0]!.message).toContain("25 of 25 layers");
    expect(many[0]!.layer).toBeUndefined();
  });

  it("are one sentence each", () => {
    const all = warningsFor({
      model: { ...model, isLanguageModel: true },
      input: { ...input, kind: "random" },
      coverage: { found: 9, measured: 1, missing: layers(8, {}).map(({ name }) => ({ name, reason: "never reached" })) },
      layers: layers(30, { tokens: 3, role: "final", fit: { ...template.fit, status: "linear" } }),
    });
    expect(all.length).toBeGreaterThan(4);
    for (const { message } of all) expect(message).toMatch(/^\S.*[^.]\.$/);
  });
});
