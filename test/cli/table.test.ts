import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { renderInspection, renderTable } from "../../src/cli/table";
import type { Inspection } from "../../src/shared/inspection";
import type { LayerResult, Result } from "../../src/shared/result";
import { syntheticResult } from "../synthetic-result";

const result = syntheticResult(3, 4);

function lines(text: string): string[] {
  return text.trimEnd().split("\n");
}

function longestLine(text: string): number {
  return Math.max(...lines(text).map((line) => Array.from(line).length));
}

function withLayer(change: (layer: LayerResult) => LayerResult): Result {
  return { ...result, layers: result.layers.map((layer, index) => (index === 0 ? change(layer) : layer)) };
}

describe("renderTable", () => {
  it("gives every layer one line, with its alphas", () => {
    const text = renderTable(result, { color: false, width: 160 });
    for (const layer of result.layers) {
      const own = lines(text).filter((line) => line.startsWith(`${layer.name} `));
      expect(own).toHaveLength(1);
      expect(own[0]).toContain(layer.suggest.convert.toPrecision(3));
      expect(own[0]).toContain(layer.ceiling.r2.toFixed(4));
    }
  });

  it.each([200, 120, 100, 80, 60, 40])("stays within %i characters and keeps alpha and convert", (width) => {
    const text = renderTable(result, { color: false, width });
    expect(longestLine(text)).toBeLessThanOrEqual(width);
    expect(text).toMatch(/layer .*alpha .*convert/);
  });

  it("drops columns on a narrow terminal, the least important first", () => {
    const heading = (width: number) => lines(renderTable(result, { color: false, width })).find((line) => line.startsWith("layer"));
    expect(heading(160)).toContain("tokens");
    expect(heading(100)).not.toContain("tokens");
    expect(heading(100)).toContain("std");
    expect(heading(60)).not.toContain("std");
  });

  it("shortens long names up to their block's number, so that layers stay apart", () => {
    const long = withLayer((layer) => ({ ...layer, name: `model.${"very_long_module.".repeat(8)}layers.17.norm1` }));
    const text = renderTable(long, { color: false, width: 80 });
    expect(text).toMatch(/^…17\.norm1 /m);
    expect(longestLine(text)).toBeLessThanOrEqual(80);
  });

  it("shows what training made of alpha where a layer is element-wise already, and no such column otherwise", () => {
    expect(renderTable(result, { color: false, width: 200 })).not.toContain("trained");
    const own = { curve: "tanh", alpha: 0.3125, alphaMin: 0.25, alphaMax: 0.375, alphas: 8, shift: 0, saturation: 0, against: "layernorm" } as const;
    const text = (trained: LayerResult["trained"]) => renderTable(withLayer((layer) => ({ ...layer, kind: "dyt", trained: trained! })), { color: false, width: 200 });
    expect(text({ ...own, alphas: 1 })).toMatch(/trained .*1\/std/);
    expect(text({ ...own, alphas: 1 })).toContain("0.313");
    expect(text(own)).toContain("0.250–0.375");
    expect(text({ ...own, alphas: 1, curve: "erf" })).toContain("(erf)");
  });

  it("shows a near-linear layer's alpha as a bound and gives it no gain", () => {
    const linear = withLayer((layer) => ({ ...layer, fit: { ...layer.fit, status: "linear", alpha: 0.125, gain: 987 } }));
    const text = renderTable(linear, { color: false, width: 160 });
    expect(text).toContain("≤ 0.125 (linear)");
    expect(text).not.toContain("987");
  });

  it("shows what was not measured as a dash, never as a number", () => {
    const silent = withLayer((layer) => ({
      ...layer,
      fit: { ...layer.fit, status: "no-data", alpha: NaN, r2: NaN },
      suggest: { ...layer.suggest, convert: 0.987 },
    }));
    const line = lines(renderTable(silent, { color: false, width: 160 })).find((each) => each.startsWith(result.layers[0]!.name));
    expect(line).toContain("no data");
    expect(line).not.toMatch(/NaN|0\.987/);
  });

  it("repeats the headings below a long table", () => {
    const headings = (blocks: number) =>
      lines(renderTable(syntheticResult(blocks, 1), { color: false, width: 160 })).filter((line) => line.startsWith("layer")).length;
    expect(headings(3)).toBe(1);
    expect(headings(100)).toBe(2);
  });

  it("colours only where it may, and the text is the same", () => {
    const colored = renderTable(result, { color: true, width: 120 });
    expect(colored).not.toBe(stripVTControlCharacters(colored));
    expect(stripVTControlCharacters(colored).replace(/ +$/gm, "")).toBe(renderTable(result, { color: false, width: 120 }));
  });

  it("lets no name of a checkpoint steer the terminal", () => {
    const hostile = withLayer((layer) => ({ ...layer, name: "a\u001b[2J\u0007\r\nb\u202e" }));
    expect(renderTable(hostile, { color: false, width: 120 })).not.toMatch(/[\u001b\u0007\r\u202e]/); // eslint-disable-line no-control-regex
  });

  it("says every warning, with its layer, and what was not measured", () => {
    const partial: Result = { ...result, coverage: { found: 8, measured: 7, missing: [{ name: "pooler.norm", reason: "never reached" }], batchNorms: ["bn1", "bn2", "bn3", "bn4"] } };
    const words = renderTable(partial, { color: false, width: 80 }).replace(/\s+/g, " ");
    expect(words).toContain("7 of 8 measured");
    expect(words).toContain("pooler.norm: never reached");
    expect(words).toContain("4 batch norms (bn1, bn2, bn3, …): batch norm has no per-token statistics; DyT does not replace it");
    for (const { message } of result.warnings) expect(words).toContain(`! ${message}`);
  });

  it("labels random input as such", () => {
    const random: Result = { ...result, input: { ...result.input, kind: "random", source: "random ids" } };
    expect(renderTable(random, { color: false, width: 160 })).toContain("random ids (random:");
  });
});

describe("renderInspection", () => {
  const inspection: Inspection = {
    path: "models/tiny",
    format: "safetensors",
    family: "llama",
    architecture: "LlamaForCausalLM",
    width: 2048,
    depth: 2,
    parameters: 1_100_048_384,
    dtype: "BF16",
    isLanguageModel: true,
    norms: [
      { name: "model.layers.0.input_layernorm", kind: "rmsnorm", role: "attention", depth: 0, eps: 1e-5, channels: 2048 },
      { name: "model.norm", kind: "rmsnorm", role: "final", depth: 2, eps: 1e-12, channels: 2048 },
    ],
    dtypes: { BF16: { tensors: 200, bytes: 2_200_096_768 }, F32: { tensors: 1, bytes: 512 } },
    bytes: 2_200_097_280,
  };

  it("tells the model, the dtypes with their sizes, and every norm", () => {
    const text = renderInspection(inspection, { color: false, width: 120 });
    expect(text).toContain("LlamaForCausalLM, family llama, 2 blocks, width 2,048, 1.10 B parameters, BF16");
    expect(text).toContain("BF16: 200 tensors, 2.05 GiB; F32: 1 tensor, 512 B; together 2.05 GiB");
    expect(text).toMatch(/^model\.layers\.0\.input_layernorm +attention +rmsnorm +0 +2,048 +1e-5$/m);
    expect(text).toMatch(/^model\.norm +final +rmsnorm +2 +2,048 +1e-12$/m);
  });

  it("fits a narrow terminal", () => {
    const text = renderInspection(inspection, { color: false, width: 50 });
    expect(longestLine(text)).toBeLessThanOrEqual(50);
    expect(text).toContain("model.norm");
  });
});
