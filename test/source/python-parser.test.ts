import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PythonParser } from "../../src/source/python-parser";
import { grammarFolder, loadPython } from "./python";

let parser: PythonParser;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "normlens-source-"));
  parser = await loadPython();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("PythonParser", () => {
  it("gives offsets in UTF-16 units", () => {
    const text = 'x = "😀é"; norm = LayerNorm(8)';
    const { root } = parser.parse(text);
    const last = root.children.at(-1)!;
    expect(text.slice(last.start, last.end)).toBe("norm = LayerNorm(8)");
  });

  it("tells what is no Python, and reads modern Python", () => {
    expect(parser.parse("def f(:\n  pass").hasError).toBe(true);
    expect(parser.parse("type A[T] = list[T]\ndef f[T](x: T, /) -> T:\n    match x:\n        case [a, *_]: return f'{a!r:>{10}}'\n").hasError).toBe(false);
  });

  it("reads deep nesting no deeper than a stack goes", () => {
    const deep = `${"(".repeat(20_000)}x${")".repeat(20_000)}`;
    expect(() => parser.parse(deep)).not.toThrow();
    expect(() => parser.parse(`x = ${Array.from({ length: 20_000 }, () => "a").join(" + ")}`)).not.toThrow();
  });

  it("says what is missing where the grammar is not there", async () => {
    await expect(PythonParser.load(join(folder, "nowhere"))).rejects.toThrow("web-tree-sitter.wasm");
  });

  it("works in a CommonJS bundle", async () => {
    const entry = join(folder, "entry.ts");
    const source = join(import.meta.dirname, "../../src/source");
    writeFileSync(
      entry,
      `import { findNormSites } from ${JSON.stringify(join(source, "norm-sites"))};
       import { PythonParser } from ${JSON.stringify(join(source, "python-parser"))};
       PythonParser.load(process.argv[2]!).then((parser) => { process.stdout.write(findNormSites(parser, "self.norm = nn.LayerNorm(8)").sites[0]!.callee); });`,
    );
    const outfile = join(folder, "bundle.cjs");
    await build({ entryPoints: [entry], outfile, bundle: true, platform: "node", target: "node20", format: "cjs", logLevel: "silent" });
    const { stdout, stderr } = spawnSync(process.execPath, [outfile, grammarFolder()], { encoding: "utf8", cwd: folder });
    expect(stderr).toBe("");
    expect(stdout).toBe("nn.LayerNorm");
  });
});
