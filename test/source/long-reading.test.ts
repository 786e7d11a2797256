import { beforeAll, describe, expect, it } from "vitest";
import { matchLayers } from "../../src/source/layer-matching";
import { replaceWithDyt } from "../../src/source/dyt-replacement";
import type { NormSite } from "../../src/source/norm-site";
import { findNormSites } from "../../src/source/norm-sites";
import type { PythonParser } from "../../src/source/python-parser";
import { corpusNames, corpusText, loadPython } from "./python";

let parser: PythonParser;
beforeAll(async () => {
  parser = await loadPython();
});

const head = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n";
const block = "class Block(nn.Module):\n    def __init__(self, dim):\n        self.norm = nn.LayerNorm(dim)\n";
const model = `${block}class Model(nn.Module):\n    def __init__(self, dim):\n        self.block = Block(dim)\n`;

const repeated = (count: number, line: (index: number) => string) => Array.from({ length: count }, (_, index) => line(index)).join("");

/** Paths of the sites of a text. */
function paths(text: string): string[][] {
  return findNormSites(parser, text).sites.map((site) => site.paths.map((path) => path.join(".")));
}

describe("source that doubles what it has", () => {
  it.each([
    "if train:\n            x = F.pad(x, (1, 1))",
    "x = x + x",
    "x = [x, x]",
    "x += x",
    "x.extend(x)",
    "x = (x, *x)",
    "x = {'a': x, 'b': x}",
    "x = Block(x, x)",
    "x = x if train else [x]",
    "x = nn.Sequential(x, x)",
    "x = x.append(x)",
    "x = lambda y=x: [x, y]",
    "self.x = [self, self]",
    "self.extend(self)",
    "for x in [x, x]:\n            y = x",
    "x[0] = x",
  ])("%s", (line) => {
    const text = `${head}${block}class Model(nn.Module):\n    def __init__(self, x, train):\n        self.first = Block(4)\n        x = [x, Block(4), nn.LayerNorm(4)]\n${repeated(26, () => `        ${line}\n`)}        self.last = nn.LayerNorm(8)\n`;
    const found = paths(text);
    expect(found).toHaveLength(3);
    expect(found[0]).toContain("norm");
    expect(found[0]).toContain("first.norm");
    expect(found[2]).toContain("last");
    expect(paths(`${head}x = [nn.LayerNorm(4)]\n${repeated(26, () => `${line.replaceAll("        ", "")}\n`)}last = nn.LayerNorm(8)\n`)).toHaveLength(2);
  });

  it("reads code that is longer than a stack", () => {
    expect(paths(`${head}${model}def f(x):\n    return x\nx = Block(4)\n${repeated(10_000, () => "x = f(x)\n")}`)[0]).toContain("block.norm");
    expect(paths(`${head}${model}${repeated(3_000, (index) => `class C${index + 1}(C${index}):\n    pass\n`)}`)[0]).toContain("block.norm");
    expect(paths(`${head}${model}${repeated(3_000, (index) => `def f${index}(x):\n    return f${index + 1}(x)\n`)}`)[0]).toContain("block.norm");
    expect(paths(`${head}${model}table = [${"1,".repeat(200_000)}]\nfor a in [${"b,".repeat(200_000)}]:\n    pass\n`)[0]).toContain("block.norm");
    expect(paths(`${head}class Table:\n    x = [${"1,".repeat(200_000)}]\n${model}`)[0]).toContain("block.norm");
  });
});

describe("source that is long", () => {
  it.each(corpusNames)("%s, forty times: every site is found", (name) => {
    const text = `${corpusText(name)}\n`;
    const once = findNormSites(parser, text).sites.length;
    expect(findNormSites(parser, text.repeat(40)).sites).toHaveLength(40 * once);
  });

  it("finds what a class of very many attributes holds", () => {
    const attributes = repeated(2_000, (index) => `        self.a${index} = nn.LayerNorm(4)\n`);
    const found = paths(`${head}class Model(nn.Module):\n    def __init__(self):\n${attributes}`);
    expect(found).toHaveLength(2_000);
    expect(found.at(-1)).toEqual(["a1999"]);
  });
});

describe("source that branches", () => {
  it("finds methods and styles among bases that meet again and again", () => {
    const bases = repeated(14, (index) => `class C${index + 1}(C${index}, C${index}, C${index}, C${index}):\n    def go(self):\n        self.foo()\n        self.a[0] = nn.LayerNorm(4)\n`);
    const found = paths(`${head}class C0(nn.Module):\n    pass\n${bases}${model}`);
    expect(found).toHaveLength(15);
    expect(found.at(-1)).toContain("block.norm");
  });

  it("finds what is called among functions that return each other", () => {
    const functions = repeated(14, (index) => `def f${index}():\n${repeated(5, (line) => `    if a == ${line}:\n        return f${index + 1}()\n`)}`);
    expect(paths(`${head}${model}${functions}def f14():\n    return nn.LayerNorm\nx = f0()()\n`)[0]).toContain("block.norm");
  });

  it("reads a file of very many classes", () => {
    const text = `${repeated(60_000, (index) => `class C${index}: x = ${index}\n`)}${head}${model}`;
    expect(paths(text)).toHaveLength(1);
    expect(paths(`${repeated(30_000, (index) => `class C${index}:\n  def f(self): pass\n`)}${head}${model}`)).toHaveLength(1);
  });

  it("matches wildcards without trying every way", () => {
    const site: NormSite = { form: "constructor", framework: "torch", span: { start: { line: 0, column: 0 }, end: { line: 0, column: 1 } }, callee: "LN", paths: [["ln*a*a*b"]] };
    const layer = (name: string) => ({ name, kind: "layernorm" as const });
    expect(matchLayers([site], [layer(`ln${"a".repeat(1_000_000)}`)])).toEqual([]);
    expect(matchLayers([site], ["lnaab", "ln1a2a3b", "lnab", "lnaa"].map(layer))[0]?.layers).toEqual(["lnaab", "ln1a2a3b"]);
    expect(matchLayers([{ ...site, paths: [["ln*n"]] }], ["ln", "lnn"].map(layer))[0]?.layers).toEqual(["lnn"]);
  });

  it("finds the indentation of a long line", () => {
    const text = `${head}norm = nn.LayerNorm(4)\ndef f(): return {${"1:1,".repeat(100_000)}}\nclass A: x = "${":   ".repeat(100_000)}"\n`;
    expect(replaceWithDyt(parser, text, findNormSites(parser, text).sites[0]!, 0.5)).toHaveLength(2);
  });
});
