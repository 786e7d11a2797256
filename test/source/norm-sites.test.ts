import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { findNormSites } from "../../src/source/norm-sites";
import type { NormSite } from "../../src/source/norm-site";
import type { PythonParser } from "../../src/source/python-parser";
import { corpusNames, corpusText, loadPython, marks, type Mark } from "./python";

let parser: PythonParser;
beforeAll(async () => {
  parser = await loadPython();
});

/** A site as a mark would tell it, by a path that is expected if it is one of the longest. */
function told({ span, kind, form, paths }: NormSite, expected: Mark | undefined): Mark {
  const longest = paths.filter(({ length }) => length === paths.at(-1)?.length).map((path) => path.join("."));
  const path = longest.find((each) => each === expected?.path) ?? longest[0] ?? "-";
  return { line: span.start.line, kind: kind ?? "?", form, path };
}

describe("norm sites of the corpus", () => {
  it.each(corpusNames)("%s: the marked ones and no other", (name) => {
    const text = corpusText(name);
    const expected = marks(text);
    expect(findNormSites(parser, text).sites.map((site, index) => told(site, expected[index]))).toEqual(expected);
  });
});

describe("findNormSites", () => {
  it("never throws while a file is being typed", () => {
    const text = fc.constantFrom(...corpusNames).map(corpusText);
    fc.assert(
      fc.property(text, fc.nat(), fc.nat(40), fc.constantFrom("", "(", ")", ":", "\n", "self.", "nn.LayerNorm(", '"', "[", "= "), (whole, at, cut, typed) => {
        const from = at % whole.length;
        const edited = whole.slice(0, from) + typed + whole.slice(from + cut);
        const end = edited.split(/\r\n|\r|\n/).length;
        for (const { span } of findNormSites(parser, edited).sites) expect(span.end.line).toBeLessThan(end);
        expect(() => findNormSites(parser, whole.slice(0, from))).not.toThrow();
      }),
      { numRuns: 150 },
    );
  });

  it("finds what is complete while something else is being typed", () => {
    const text = corpusText("gpt2_hf");
    const found = findNormSites(parser, text.replace("self.mlp = GPT2MLP(inner_dim, config)", "self.mlp = GPT2MLP(inner_dim, "));
    expect(found.hasError).toBe(true);
    expect(found.sites.length).toBeGreaterThanOrEqual(3);
  });

  it("says where a site is, what is called, in which class, and over how many channels", () => {
    const text = ["from torch import nn", "class Block(nn.Module):", "    def __init__(self, dim):", "        self.é, self.norm = 1, nn.GroupNorm(", "            32, num_channels=2 * dim)"].join("\r\n");
    expect(findNormSites(parser, text)).toEqual({
      hasError: false,
      sites: [
        {
          form: "constructor",
          framework: "torch",
          kind: "groupnorm",
          span: { start: { line: 3, column: 31 }, end: { line: 4, column: 37 } },
          callee: "nn.GroupNorm",
          className: "Block",
          paths: [["norm"]],
          channels: "2 * dim",
        },
      ],
    });
  });

  it.each([
    ["nn.LayerNorm(config.n_embd, bias=False)", "config.n_embd"],
    ["nn.LayerNorm(normalized_shape=(dim,))", "(dim,)"],
    ["nn.GroupNorm(8, dim)", "dim"],
    ["RMSNorm(eps=1e-5, dim=4 * dim)", "4 * dim"],
    ["LlamaRMSNorm(config)", undefined],
    ["LlamaRMSNorm(**kwargs)", undefined],
    ["flax.linen.LayerNorm(1e-6)", undefined],
    ["keras.layers.LayerNormalization(-1)", undefined],
  ])("%s is over %s channels", (call, channels) => {
    expect(findNormSites(parser, call).sites[0]?.channels).toBe(channels);
  });

  it.each([
    ["norm_layer=nn.LayerNorm", "", "", "layernorm"],
    ["norm_layer=None", "        norm_layer = norm_layer or partial(nn.LayerNorm, eps=1e-6)", "", "layernorm"],
    ["norm_layer=None", "        norm_layer = get_norm_layer(norm_layer) or nn.RMSNorm", "", "rmsnorm"],
    ["norm_layer=None", "        norm_layer = get_norm_layer(norm_layer) or nn.RMSNorm", "def model():\n    return Model(norm_layer=nn.LayerNorm)", undefined],
    ["norm_layer=None", "        norm_layer = nn.Identity if flag else nn.RMSNorm", "", "rmsnorm"],
    ["norm_layer=None", "        norm_layer = nn.LayerNorm if flag else nn.RMSNorm", "", undefined],
    ["norm_layer=nn.RMSNorm", "", "def model():\n    return Model(norm_layer=nn.RMSNorm)", "rmsnorm"],
    ["norm_layer=nn.LayerNorm", "", "def model():\n    return Model(norm_layer=nn.RMSNorm)", undefined],
    ["norm_layer=nn.LayerNorm", "", "def model(cfg):\n    return Model(norm_layer=cfg.norm)", undefined],
    ["norm_layer=nn.LayerNorm", "", "class Whole(nn.Module):\n    def __init__(self, norm_layer):\n        self.model = Model(norm_layer)", undefined],
    ["norm_layer", "", "class Whole(nn.Module):\n    def __init__(self):\n        self.model = Model(nn.LayerNorm)", "layernorm"],
    ["norm_layer", "", "", undefined],
  ])("a variable, def __init__(self, %s) %s %s, computes %s", (parameter, assigned, caller, kind) => {
    const text = `from functools import partial\nfrom torch import nn\nclass Model(nn.Module):\n    def __init__(self, ${parameter}):\n${assigned}\n        self.norm = norm_layer(8)\n${caller}\n`;
    expect(findNormSites(parser, text).sites.find(({ callee, span }) => callee === "norm_layer" && span.start.line === 5)?.kind).toBe(kind);
  });

  it.each([
    ["import torch\nimport jax", "torch"],
    ["from flax import linen as nn", "flax"],
    ["from keras import layers", "keras"],
    ["import tensorflow as tf", "keras"],
    ["import os", "torch"],
  ])("%j makes the framework %s", (imports, framework) => {
    expect(findNormSites(parser, `${imports}\nnorm = LayerNorm(8)`).sites[0]?.framework).toBe(framework);
  });

  it("takes the kind of a class from its body before its name", () => {
    const norm = (name: string, body: string) => `class ${name}(nn.Module):\n    def forward(self, x):\n        return ${body}\nx = ${name}(8)`;
    const kindOf = (text: string) => findNormSites(parser, text).sites.at(-1)?.kind;
    expect(kindOf(norm("CohereLayerNorm", "(x - x.mean(-1)) * torch.rsqrt(v)"))).toBe("layernorm");
    expect(kindOf(norm("MyLayerNorm", "x * torch.rsqrt(x.pow(2).mean(-1))"))).toBe("rmsnorm");
    expect(kindOf(norm("Norm", "self.alpha * (x - x.mean(-1)) / (x.std(-1) + eps)"))).toBe("layernorm");
    const initialised = norm("ScaleNorm", "x / x.norm(dim=-1) * self.g").replace("    def", "    def __init__(self, offset):\n        self.g = 1.0 - offset\n    def");
    expect(kindOf(initialised)).toBe("rmsnorm");
    expect(kindOf(norm("PreNorm", "self.fn(x)"))).toBeUndefined();
    expect(kindOf("from transformers.models.t5 import T5LayerNorm\nx = T5LayerNorm(8)")).toBe("rmsnorm");
  });

  it("ends on classes that contain themselves and each other, and on norms without end", () => {
    const classes = Array.from({ length: 12 }, (_, index) => `class C${index}(nn.Module):\n    def __init__(self, fn):\n        self.norm = nn.LayerNorm(8)\n        self.fn = fn\n${Array.from({ length: 12 }, (__, other) => `        self.c${other} = C${other}(C${other}(self))`).join("\n")}`);
    const { sites } = findNormSites(parser, `class A(B): pass\nclass B(A):\n    pass\n${classes.join("\n")}`);
    expect(sites).toHaveLength(12);
    for (const { paths } of sites) expect(paths.length).toBeLessThanOrEqual(64);
  });

  it("gives nothing for a text that is too long, or for none", () => {
    expect(findNormSites(parser, "")).toEqual({ sites: [], hasError: false });
    expect(findNormSites(parser, `x = nn.LayerNorm(8)\n${"#".repeat(2_000_001)}`)).toEqual({ sites: [], hasError: false });
  });
});
