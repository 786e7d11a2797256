import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { matchLayers } from "../../src/source/layer-matching";
import type { NormSite } from "../../src/source/norm-site";
import { findNormSites } from "../../src/source/norm-sites";
import type { PythonParser } from "../../src/source/python-parser";
import type { NormKind } from "../../src/shared/norm";
import { openGolden } from "../engine/golden";
import { corpusText, loadPython } from "./python";

const golden = join(import.meta.dirname, "../engine/architecture/golden");

let parser: PythonParser;
beforeAll(async () => {
  parser = await loadPython();
});

/** For every layer, what is assigned on the lines of the sites that got it; references and functions aside. */
function assigned(corpus: string, layers: readonly { readonly name: string; readonly kind: string }[]): Map<string, string[]> {
  const text = corpusText(corpus);
  const lines = text.split("\n");
  const sites = findNormSites(parser, text).sites.filter(({ form }) => form === "constructor" || form === "variable");
  const matches = matchLayers(sites, layers.map(({ name, kind }) => ({ name, kind: kind as NormKind })));
  return new Map(
    layers.map(({ name }) => {
      const ofLayer = matches.filter((match) => match.layers.includes(name));
      return [name, ofLayer.map(({ site }) => `${site.className ?? ""}: ${/^\W*([\w.]+)/.exec(lines[site.span.start.line]!)![1]!}`)];
    }),
  );
}

describe("layers of checkpoints and the source of their models", () => {
  it.each([
    ["gpt2-hf", "gpt2_hf"],
    ["gpt2-hf-noprefix", "gpt2_hf"],
    ["llama-hf", "llama_hf"],
    ["vit-hf", "vit_hf"],
    ["vit-timm", "vit_timm"],
    ["vit-timm-query-key-norm", "vit_timm"],
    ["vit-timm-pre-norm", "vit_timm"],
    ["mingpt", "mingpt"],
    ["nanogpt", "nanogpt"],
  ])("%s: every layer goes to the line that assigns its attribute", async (checkpoint, corpus) => {
    const { norms } = await openGolden(join(golden, checkpoint, "golden.safetensors"));
    for (const [name, lines] of assigned(corpus, norms)) {
      const attribute = name.split(".").at(-1)!;
      expect(lines, name).toHaveLength(1);
      expect(lines[0]).toMatch(new RegExp(`: (self\\.)?${attribute}$`));
    }
  });

  it("bert-hf: two modules named output are told apart", async () => {
    const { norms } = await openGolden(join(golden, "bert-hf", "golden.safetensors"));
    expect(assigned("bert_hf", norms)).toEqual(
      new Map([
        ["bert.embeddings.LayerNorm", ["BertEmbeddings: self.LayerNorm"]],
        ["bert.encoder.layer.0.attention.output.LayerNorm", ["BertSelfOutput: self.LayerNorm"]],
        ["bert.encoder.layer.0.output.LayerNorm", ["BertOutput: self.LayerNorm"]],
        ["bert.encoder.layer.1.attention.output.LayerNorm", ["BertSelfOutput: self.LayerNorm"]],
        ["bert.encoder.layer.1.output.LayerNorm", ["BertOutput: self.LayerNorm"]],
        ["cls.predictions.transform.LayerNorm", ["BertPredictionHeadTransform: self.LayerNorm"]],
      ]),
    );
  });

  it("vit-timm: the last norm is the model's, not that of an attention", () => {
    expect(assigned("vit_timm", [{ name: "norm", kind: "layernorm" }])).toEqual(new Map([["norm", ["VisionTransformer: self.norm"]]]));
    expect(assigned("vit_timm", [{ name: "blocks.3.attn.norm", kind: "layernorm" }])).toEqual(new Map([["blocks.3.attn.norm", ["Attention: self.norm"]]]));
  });

  it("vit-timm: norms of another kind are no layers of the file, whatever their name", async () => {
    const { norms } = await openGolden(join(golden, "llama-hf", "golden.safetensors"));
    expect(norms.map(({ name }) => name)).toContain("model.norm");
    const layers = norms.map(({ name, kind }) => ({ name, kind: kind as NormKind }));
    for (const corpus of ["vit_timm", "swin"]) expect(matchLayers(findNormSites(parser, corpusText(corpus)).sites, layers)).toEqual([]);
  });

  it("swin: norms of one name by where they stand", () => {
    const layers = ["norm", "patch_embed.norm", "layers.0.downsample.norm", "layers.0.blocks.1.norm1"].map((name) => ({ name, kind: "layernorm" }));
    expect(assigned("swin", layers)).toEqual(
      new Map([
        ["norm", ["SwinTransformer: self.norm"]],
        ["patch_embed.norm", ["PatchEmbed: self.norm"]],
        ["layers.0.downsample.norm", ["PatchMerging: self.norm"]],
        ["layers.0.blocks.1.norm1", ["SwinTransformerBlock: self.norm1"]],
      ]),
    );
  });

  it("lucidrains: norms around functions and inside them", () => {
    const layers = ["transformer.layers.5.0.norm", "transformer.layers.5.1.fn.net.3", "transformer.layers.5.0.fn.to_out.1", "mlp_head.0", "to_patch_embedding.3"];
    const got = assigned("lucidrains_vit", layers.map((name) => ({ name, kind: "layernorm" })));
    expect([...got.values()].map((lines) => lines.map((line) => line.split(":")[0]))).toEqual([["PreNorm"], ["FeedForward"], ["Attention"], ["ViT"], ["ViT"]]);
  });
});

describe("references and functions", () => {
  it("a default that is in effect stands for all layers that are made through it", () => {
    const text = corpusText("swin");
    const matches = matchLayers(findNormSites(parser, text).sites, [{ name: "layers.0.blocks.0.norm2", kind: "layernorm" }]);
    expect(matches.map(({ site }) => [site.form, site.className])).toEqual([["variable", "SwinTransformerBlock"], ["reference", "SwinTransformer"]]);
  });

  it("a function in a norm class stands for the layers of that class", () => {
    const text = corpusText("nanogpt");
    const layers = ["transformer.h.0.ln_1", "transformer.h.0.ln_2", "transformer.ln_f"].map((name) => ({ name, kind: "layernorm" as const }));
    const functional = matchLayers(findNormSites(parser, text).sites, layers).find(({ site }) => site.form === "functional");
    expect(functional?.layers).toEqual(layers.map(({ name }) => name));
  });
});

describe("matchLayers", () => {
  const site = (...paths: string[]): NormSite => ({
    form: "constructor",
    framework: "torch",
    span: { start: { line: 0, column: 0 }, end: { line: 0, column: 1 } },
    callee: "nn.LayerNorm",
    paths: paths.map((path) => path.split(".")),
  });
  const layer = (name: string, kind: NormKind = "layernorm") => ({ name, kind });

  it("prefers the longer end, and tells how long it is", () => {
    const [inner, outer] = [site("norm", "block.norm"), site("norm", "head.norm")];
    expect(matchLayers([inner, outer], [layer("model.head.norm"), layer("model.block.norm")])).toEqual([
      { site: inner, layers: ["model.block.norm"], segments: 2 },
      { site: outer, layers: ["model.head.norm"], segments: 2 },
    ]);
  });

  it("wants a whole path", () => {
    expect(matchLayers([site("h.*.ln_1")], [layer("ln_1")])).toEqual([]);
  });

  it("gives a layer to all sites that agree alike", () => {
    const sites = [site("norm"), site("norm")];
    expect(matchLayers(sites, [layer("model.norm")]).map((match) => match.site)).toEqual(sites);
  });

  it("never gives a layer to what computes something else", () => {
    const rms: NormSite = { ...site("h.*.norm"), kind: "rmsnorm" };
    const unknown = site("norm");
    expect(matchLayers([rms, unknown], [layer("h.0.norm")])).toEqual([{ site: unknown, layers: ["h.0.norm"], segments: 1 }]);
    expect(matchLayers([rms], [layer("h.0.norm", "groupnorm")])).toEqual([]);
  });

  it("matches nothing by indices alone, and dots by no wildcard", () => {
    expect(matchLayers([site("0"), site("*"), site("*.0")], [layer("net.0"), layer("net.0.0")])).toEqual([]);
    expect(matchLayers([site("a*b")], [layer("a.b")])).toEqual([]);
    expect(matchLayers([site("norm*")], [layer("norm12")])).toHaveLength(1);
    expect(matchLayers([site("a+(*")], [layer("a+(1")])).toHaveLength(1);
  });

  it("finds a site by every path of its own, whatever stands before", () => {
    const segment = fc.constantFrom("h", "0", "norm", "ln_1", "attn");
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), fc.array(segment, { maxLength: 3 }), fc.nat(31), (path, prefix, mask) => {
        fc.pre(path.some((each, index) => each !== "0" && (mask >> index) % 2 === 0));
        const pattern = path.map((each, index) => ((mask >> index) % 2 === 0 ? each : "*"));
        const name = [...prefix, ...path].join(".");
        expect(matchLayers([site(pattern.join("."))], [layer(name)])[0]).toMatchObject({ layers: [name], segments: path.length });
      }),
    );
  });
});
