import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { UserError } from "../../src/shared/errors";
import type { LayerResult, Result } from "../../src/shared/result";
import type { ExportExtra } from "../../src/export/format";
import { exportFormats } from "../../src/export/exports";
import { withReplacement } from "../synthetic-replacement";
import { syntheticResult } from "../synthetic-result";

const result = syntheticResult(2, 3);
const hostileNames = [
  "</script><img src=x onerror=alert(1)>",
  'quote " comma , line\r\nfeed',
  "=HYPERLINK(1)",
  "pipe | `tick` *star* back\\slash",
  "${x} \u2028 é 漢 '''",
];
const hostile: Result = {
  ...result,
  model: { ...result.model, path: hostileNames[1]! },
  layers: result.layers.map((layer, index) => ({ ...layer, name: hostileNames[index]! })),
};

function exported(name: string, from: Result = result, extra?: ExportExtra): string | Uint8Array {
  const format = exportFormats.find((each) => each.name === name);
  if (format === undefined) throw new Error(`no format ${name}`);
  return format.export(from, extra);
}

function exportedText(name: string, from: Result = result): string {
  const text = exported(name, from);
  if (typeof text !== "string") throw new Error(`${name} is not text`);
  return text;
}

function withFirstLayer(change: Partial<LayerResult>): Result {
  return { ...result, layers: result.layers.map((layer, index) => (index === 0 ? { ...layer, ...change } : layer)) };
}

const unseen = withFirstLayer({ fit: { ...result.layers[0]!.fit, status: "no-data", alpha: NaN } });

describe("exportFormats", () => {
  it("have names and extensions of their own", () => {
    for (const key of ["name", "extension"] as const) {
      expect(new Set(exportFormats.map((format) => format[key])).size).toBe(exportFormats.length);
    }
  });

  it("say in one line what they are for", () => {
    for (const { description } of exportFormats) expect(description).toMatch(/^\S.*[^.]$/);
  });
});

describe.each([
  ["json", (text: string): unknown => JSON.parse(text)],
  ["yaml", (text: string): unknown => parseYaml(text)],
] as const)("%s", (name, parse) => {
  it("names every layer with the alpha that converts, the one from scratch, and the fit it belongs to", () => {
    const { layers } = parse(exportedText(name)) as { layers: Record<string, unknown>[] };
    expect(layers).toHaveLength(result.layers.length);
    result.layers.forEach((layer, index) => {
      expect(layers[index]).toMatchObject({
        name: layer.name,
        role: layer.role,
        status: layer.fit.status,
        dyt_alpha: layer.suggest.convert,
        dyt_alpha_scratch: layer.suggest.scratch,
        pooled: { alpha: layer.fit.alpha, gain: layer.fit.gain, offset: layer.fit.offset },
        r2: { per_channel: layer.perChannel.r2, ceiling: layer.ceiling.r2 },
      });
    });
  });

  it("says which model and input the alphas come from", () => {
    expect(parse(exportedText(name))).toMatchObject({
      schema: "normlens-alphas/1",
      model: { path: "gpt2", width: 768 },
      input: { kind: "text", tokens: 2048, skip_first: false },
    });
  });

  it("keeps curves out", () => {
    expect(exportedText(name)).not.toMatch(/curve|density|points/);
    expect(exportedText(name).length).toBeLessThan(1000 * (result.layers.length + 1));
  });

  it("has null where no alpha is determined", () => {
    const { layers } = parse(exportedText(name, unseen)) as { layers: Record<string, unknown>[] };
    expect(layers[0]).toMatchObject({ status: "no-data", dyt_alpha: null, pooled: null, r2: null });
    expect(layers[1]?.["dyt_alpha"]).toBe(result.layers[1]!.suggest.convert);
  });

  it("gives names back as they are", () => {
    const { layers } = parse(exportedText(name, hostile)) as { layers: { name: string }[] };
    expect(layers.map((layer) => layer.name)).toEqual(hostileNames);
  });
});

describe("csv", () => {
  it("has one column for every number of a layer but the curve's, under the result's own name", () => {
    const [headings, ...rows] = parseCsv(exportedText("csv"));
    for (const path of ["name", "dyt_alpha", "input.std", "input.quantiles.0.999", "input.first.std", "fit.unitGain.r2", "saturation.2.5", "families.erf.gain"]) {
      expect(headings).toContain(path);
    }
    expect(headings?.filter((heading) => heading.startsWith("curve"))).toEqual([]);
    expect(rows).toHaveLength(result.layers.length);
    result.layers.forEach((layer, index) => {
      const cell = (heading: string) => rows[index]![headings!.indexOf(heading)];
      expect(cell("name")).toBe(layer.name);
      expect(Number(cell("dyt_alpha"))).toBe(layer.suggest.convert);
      expect(Number(cell("input.quantiles.0.999"))).toBe(layer.input.quantiles["0.999"]);
      expect(Number(cell("families.erf.gain"))).toBe(layer.families[1]!.gain);
    });
  });

  it("quotes by RFC 4180 and lets no name be a formula", () => {
    const [, ...rows] = parseCsv(exportedText("csv", hostile));
    expect(rows.map((row) => row[0])).toEqual(hostileNames.map((name) => (name.startsWith("=") ? `'${name}` : name)));
  });

  it("keeps columns in line where a layer lacks a field, and leaves no-numbers empty", () => {
    const { first, ...input } = result.layers[0]!.input;
    expect(first).toBeDefined();
    const [headings, ...rows] = parseCsv(exportedText("csv", withFirstLayer({ input: { ...input, mean: NaN } })));
    for (const row of rows) expect(row).toHaveLength(headings!.length);
    expect(rows[0]![headings!.indexOf("input.first.std")]).toBe("");
    expect(rows[0]![headings!.indexOf("input.mean")]).toBe("");
    expect(rows[1]![headings!.indexOf("input.first.std")]).not.toBe("");
  });
});

describe("what replacing costs", () => {
  const measured = withReplacement(result);
  const replacement = measured.replacement!;

  it("is in columns of the csv", () => {
    const [head, first] = exportedText("csv", measured).split("\r\n").map((line) => line.split(","));
    const cell = (heading: string) => first![head!.indexOf(heading)];
    const { cost, defaultCost, scores } = replacement.layers[0]!;
    expect([cell("replacement.cost"), cell("replacement.defaultCost"), cell("replacement.kl")]).toEqual([String(cost), String(defaultCost), String(scores.kl)]);
    expect(exportedText("csv")).not.toContain("replacement");
  });

  it("leaves infinite costs empty in the csv, and says so in markdown", () => {
    const endless = withReplacement(result, { layers: [{ ...replacement.layers[0]!, cost: null }] });
    const [head, first] = exportedText("csv", endless).split("\r\n").map((line) => line.split(","));
    expect(first![head!.indexOf("replacement.cost")]).toBe("");
    expect(exportedText("markdown", endless)).toContain("| not finite |");
  });

  it("has tables of methods with the controls, of roles and of layers in markdown", () => {
    const report = exportedText("markdown", withReplacement(result, { kept: [{ name: "bn", reason: "BatchNorm" }], budget: { ...replacement.budget, limit: 0.1, count: 3 } }));
    expect(report).toContain("| nothing replaced (control) | 0 nats | 0 | 0 | 100.0 % |");
    expect(report).toContain("| **DyT, in order, outliers left out** | +0.688 nats | 0.043 |");
    expect(report).toContain("| official conversion (alpha 0.5, gain 1) | +2.29 nats |");
    expect(report).toContain("- Stays a norm: `bn`, BatchNorm");
    expect(report).toContain(`- Budget: 3 of ${result.layers.length} layers can be replaced for at most 0.100 nats`);
    for (const { name } of replacement.layers) expect(report.split("## One layer replaced")[1]).toContain(`\`${name}\``);
    expect(exportedText("markdown")).not.toContain("replaced");
  });
});

describe("markdown", () => {
  it("has a row for every layer and role, and every warning", () => {
    const text = exportedText("markdown");
    for (const { name } of result.layers) expect(text).toContain(`| \`${name}\` |`);
    for (const { role, count } of result.groups) expect(text).toContain(`| ${role} | ${count} |`);
    expect(text).toContain("embedding, started at √768");
  });

  it("has as many cells in every row of a table as in its head", () => {
    const tables = exportedText("markdown", withReplacement(hostile)).split("\n\n").filter((block) => block.startsWith("|"));
    expect(tables).toHaveLength(5);
    for (const table of tables) {
      const cells = table.split("\n").map((line) => line.replaceAll(/\\[|\\]/g, "").split("|").length);
      expect(new Set(cells).size).toBe(1);
    }
  });

  it("escapes what would be markup", () => {
    const text = exportedText("markdown", hostile);
    expect(text).not.toMatch(/(?<!\\)<|\r|\u2028/);
    expect(text).toContain("\\`tick\\` \\*star\\*");
  });

  it("shows a bound where the fit is nearly linear", () => {
    const linear = withFirstLayer({ fit: { ...result.layers[0]!.fit, status: "linear", alpha: 0.125 } });
    expect(exportedText("markdown", linear)).toContain("≤ 0.125 (linear)");
  });
});

const python = spawnSync("python3", ["--version"]).status === 0;

describe("python", () => {
  it("defines what a training script calls", () => {
    const text = exportedText("python");
    for (const line of ["class DyT(nn.Module):", "def apply_dyt(model, weights=None, strict=True):", "def set_alpha(model, alphas=None, strict=True):"]) {
      expect(text).toContain(`\n${line}\n`);
    }
    expect(text.match(/^\s*(import|from) \S+/gm)?.map((line) => line.trim())).toEqual(
      expect.arrayContaining(["import torch", "from torch", "from safetensors.torch"]),
    );
  });

  it.skipIf(!python)("compiles, whatever the names are", () => {
    inFolder((folder) => {
      for (const [name, from] of Object.entries({ result, hostile, unseen })) {
        const file = join(folder, `${name}.py`);
        writeFileSync(file, exportedText("python", from));
        const { status, stderr } = spawnSync("python3", ["-m", "py_compile", file], { encoding: "utf8" });
        expect(stderr).toBe("");
        expect(status).toBe(0);
      }
    });
  });

  it.skipIf(!python)("holds every layer's numbers under its exact name", () => {
    const data = pythonData(exportedText("python", hostile));
    expect(Object.keys(data.ALPHA)).toEqual(hostileNames);
    hostile.layers.forEach(({ name, suggest, fit, kind, channels }) => {
      expect(data.ALPHA[name]).toBe(suggest.convert);
      expect(data.POOLED[name]).toEqual([fit.alpha, fit.gain, fit.offset]);
      expect(data.SCRATCH[name]).toBe(suggest.scratch);
      expect(data.NORMS[name]).toEqual([kind, channels]);
    });
    expect(data.KEPT).toEqual({});
  });

  it.skipIf(!python)("leaves norms alone whose alpha is not determined, or that are not over the last axis, and says why", () => {
    expect(pythonData(exportedText("python", unseen)).KEPT).toEqual({ [result.layers[0]!.name]: "no input of it was seen" });
    const data = pythonData(exportedText("python", withFirstLayer({ axes: [-3, -2, -1] })));
    expect(data.KEPT[result.layers[0]!.name]).toContain("axes -3, -2, -1");
    expect(Object.keys(data.ALPHA)).toEqual(result.layers.slice(1).map(({ name }) => name));
  });
});

describe("safetensors", () => {
  const names = result.layers.flatMap(({ name }) => [`${name}.alpha`, `${name}.weight`, `${name}.bias`]);

  it("hands on the file that stands beside the result", () => {
    const weights = safetensorsHeader(names);
    expect(exported("safetensors", result, { weights })).toEqual(weights);
  });

  it.each([
    ["is absent", {}, "r.safetensors is missing"],
    ["is cut short", { weights: new Uint8Array(5) }, "r.safetensors is not a safetensors file"],
    ["is something else", { weights: new TextEncoder().encode("PK\u0003\u0004 something else entirely") }, "r.safetensors is not a safetensors file"],
    ["belongs to another result", { weights: safetensorsHeader(names.slice(3)) }, `r.safetensors has no ${names[0]!}`],
  ])("refuses where the file %s", (_case, extra, words) => {
    const attempt = () => exported("safetensors", result, { ...extra, weightsPath: "r.safetensors" });
    expect(attempt).toThrow(UserError);
    expect(attempt).toThrow(words);
  });

  it("asks for no alpha that was not determined", () => {
    const weights = safetensorsHeader(names.slice(3));
    expect(exported("safetensors", unseen, { weights })).toEqual(weights);
  });
});

interface PythonData {
  ALPHA: Record<string, number>;
  POOLED: Record<string, number[]>;
  SCRATCH: Record<string, number>;
  NORMS: Record<string, [string, number]>;
  KEPT: Record<string, string>;
}

/** The dictionaries at the end of an exported file, read by Python's own parser: PyTorch is not needed. */
function pythonData(source: string): PythonData {
  const script = [
    "import ast, json, sys",
    "tree = ast.parse(sys.stdin.buffer.read().decode())",
    "data = {n.targets[0].id: ast.literal_eval(n.value) for n in tree.body if isinstance(n, ast.Assign)}",
    "print(json.dumps(data))",
  ].join("\n");
  const { stdout, stderr } = spawnSync("python3", ["-c", script], { input: source, encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as PythonData;
}

function inFolder(action: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "normlens-export-"));
  try {
    action(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A reader of RFC 4180, to check the writer with. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? bare ?? "");
    if (end === "\r\n") {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

function safetensorsHeader(names: readonly string[]): Uint8Array {
  const entries = names.map((name, index) => [name, { dtype: "F32", shape: [1], data_offsets: [4 * index, 4 * index + 4] }]);
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const bytes = new Uint8Array(8 + header.byteLength + 4 * names.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.byteLength), true);
  bytes.set(header, 8);
  return bytes;
}
