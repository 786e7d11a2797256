import { beforeAll, describe, expect, it } from "vitest";
import { matchLayers } from "../../src/source/layer-matching";
import type { NormSite } from "../../src/source/norm-site";
import { findNormSites } from "../../src/source/norm-sites";
import type { PythonParser } from "../../src/source/python-parser";
import { writeStartAlpha } from "../../src/source/start-alpha-edit";
import { applyEdits } from "./apply-edits";
import { corpusText, loadPython } from "./python";
import { hasPython, pythonErrors } from "./run-python";

let parser: PythonParser;
beforeAll(async () => {
  parser = await loadPython();
});

const imports = "import torch.nn as nn\nfrom dynamic_tanh import DynamicTanh\nfrom liger_kernel.transformers import LigerDyT\nfrom x_transformers.x_transformers import Derf, DynamicErf\nfrom functools import partial\n";
const siteIn = (text: string): NormSite => findNormSites(parser, text).sites.at(-1)!;

/** The last line of a text whose last site starts from that alpha; undefined where that can't be written. */
function written(text: string, alpha = 0.32418): string | undefined {
  const edit = writeStartAlpha(parser, text, siteIn(text), alpha);
  return edit && applyEdits(text, [edit]).split("\n").at(-1);
}

describe("what alpha starts from", () => {
  it.each([
    ["x = DynamicTanh(dim, True)", "dyt", undefined],
    ["x = DynamicTanh(dim, channels_last=True, alpha_init_value=0.5)", "dyt", { text: "0.5", value: 0.5, isDefault: false }],
    ["x = DynamicTanh(dim, True, 1e-1)", "dyt", { text: "1e-1", value: 0.1, isDefault: false }],
    ["x = LigerDyT(hidden_size, init_alpha=cfg.alpha)", "dyt", { text: "cfg.alpha", isDefault: false }],
    ["x = DynamicErf(dim, True, 0.5, 0.0)", "derf", { text: "0.5", value: 0.5, isDefault: false }],
    ["x = Derf(dim, 2)", "derf", { text: "2", value: 2, isDefault: false }],
    ["x = DynamicErf(dim, alpha0=1_0)", "derf", { text: "1_0", value: 10, isDefault: false }],
    ["x = DynamicTanh(*shape, **options)", "dyt", undefined],
    ["x = nn.LayerNorm(dim, 0.5)", "layernorm", undefined],
    ["def f(norm_layer=partial(DynamicTanh, alpha_init_value=0.8)): pass", "dyt", { text: "0.8", value: 0.8, isDefault: false }],
  ])("%s", (line, kind, alpha) => {
    const site = siteIn(imports + line);
    expect([site.kind, site.alpha]).toEqual([kind, alpha]);
  });

  it("is what the class of the file has, where the call says nothing", () => {
    const alphas = findNormSites(parser, corpusText("dynamic_tanh")).sites.map(({ alpha }) => alpha && `${alpha.text}${alpha.isDefault ? " by default" : ""}`);
    expect(alphas).toEqual([undefined, undefined, "0.8", "alpha", "0.5 by default", "5e-1", undefined, "0.7"]);
    expect(findNormSites(parser, corpusText("dyt_linen")).sites.map(({ alpha }) => alpha?.text)).toEqual(["0.8", "0.5", "0.5"]);
  });
});

describe("an alpha that is written into a call", () => {
  it.each([
    ["x = DynamicTanh(dim, True, 0.5)", "x = DynamicTanh(dim, True, 0.3242)"],
    ["x = DynamicTanh(dim, True, alpha_init_value=cfg.alpha[0],)", "x = DynamicTanh(dim, True, alpha_init_value=0.3242,)"],
    ["x = DynamicTanh(dim, True)", "x = DynamicTanh(dim, True, alpha_init_value=0.3242)"],
    ["x = DynamicTanh(dim, True,)  # last", "x = DynamicTanh(dim, True, alpha_init_value=0.3242,)  # last"],
    ["x = LigerDyT(dim)", "x = LigerDyT(dim, init_alpha=0.3242)"],
    ["x = Derf(dim)", "x = Derf(dim, init_alpha=0.3242)"],
    ["x = DyT()", "x = DyT(alpha_init_value=0.3242)"],
    ["def f(norm_layer=partial(DynamicTanh)): pass", "def f(norm_layer=partial(DynamicTanh, alpha_init_value=0.3242)): pass"],
    ["x = DynamicTanh(dim, **options)", undefined],
    ["x = nn.LayerNorm(dim)", undefined],
    ["def f(norm_layer=DynamicTanh): pass", undefined],
  ])("%s", (before, after) => {
    expect(written(imports + before)).toBe(after);
  });

  it("takes the keyword and the place that the class of the file has", () => {
    const own = (line: string, parameters = "dim, start_alpha, alpha0=0.5") => `class DyT(nn.Module):\n    def __init__(self, ${parameters}):\n        pass\n${line}`;
    expect(written(own("x = DyT(8, 1)"))).toBe("x = DyT(8, 1, alpha0=0.3242)");
    expect(written(own("x = DyT(8, 1, 2)"))).toBe("x = DyT(8, 1, 0.3242)");
    expect(written(own("x = DyT(8)", "dim"))).toBeUndefined();
  });

  it("is read anew where the text has changed since, and given up where something else stands there", () => {
    const site = siteIn(`${imports}x = DynamicTanh(dim)`);
    expect(writeStartAlpha(parser, `${imports}x = DynamicTanh(2 * dim, True, 0.5)`, site, 1)?.text).toBe("1");
    expect(writeStartAlpha(parser, `${imports}x = nn.Linear(dim, dim)`, site, 1)).toBeUndefined();
  });
});

describe.runIf(hasPython)("an alpha in each call of the corpus (skipped where python3 is absent)", () => {
  it.each(["dynamic_tanh", "dyt_linen"])("%s: Python runs them", (name) => {
    const text = corpusText(name);
    const edits = findNormSites(parser, text).sites.flatMap((site) => writeStartAlpha(parser, text, site, 0.32418) ?? []);
    expect(edits).toHaveLength(name === "dynamic_tanh" ? 6 : 3);
    expect(pythonErrors([text, ...edits.map((edit) => applyEdits(text, [edit]))])).toEqual([]);
  });
});

describe("layers of checkpoints and DyTs in source", () => {
  const layersOf = (line: string, kind: "dyt" | "derf" | "layernorm") => matchLayers(findNormSites(parser, `${imports}class M(nn.Module):\n    def __init__(self, dim):\n        self.norm = ${line}\n`).sites, [{ name: "model.norm", kind }]).flatMap(({ layers }) => layers);

  it("belong together where the checkpoint has the DyT, or the norm still", () => {
    expect(layersOf("DynamicTanh(dim)", "dyt")).toEqual(["model.norm"]);
    expect(layersOf("DynamicTanh(dim)", "layernorm")).toEqual(["model.norm"]);
  });

  it("do not where the checkpoint has another curve, or source a norm", () => {
    expect(layersOf("DynamicTanh(dim)", "derf")).toEqual([]);
    expect(layersOf("nn.LayerNorm(dim)", "dyt")).toEqual([]);
  });
});
