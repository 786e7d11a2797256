import { existsSync } from "node:fs";
import { chmod, copyFile, cp, mkdir, open, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LayerMeasurement } from "../../src/analysis/measurement";
import { openCheckpoint } from "../../src/engine/checkpoint/formats";
import { writeSafetensors } from "../../src/engine/checkpoint/safetensors-writer";
import { readTensor } from "../../src/engine/checkpoint/tensor-data";
import type { Inspection } from "../../src/shared/inspection";
import type { Result } from "../../src/shared/result";
import { studentRows } from "../analysis/support";
import { safetensorsBytes, temporaryFolder, withLength } from "../engine/checkpoint/files";
import { ended, normlens, start } from "./run";

const golden = join(import.meta.dirname, "../engine/architecture/golden");
const sample = join(import.meta.dirname, "../../media/samples/gpt2");
const small = join(golden, "gpt2-hf");

/** A copy of a small checkpoint, to be damaged. */
async function copyOf(name = "gpt2-hf"): Promise<string> {
  const folder = join(await temporaryFolder(), "model");
  await mkdir(folder);
  for (const file of ["config.json", "model.safetensors"]) await copyFile(join(golden, name, file), join(folder, file));
  return folder;
}

/** A copy whose tensors are changed. */
async function changedCopy(change: (tensors: Map<string, { shape: readonly number[]; data: Float32Array }>) => void): Promise<string> {
  const folder = await copyOf();
  const file = join(folder, "model.safetensors");
  const { tensors } = await openCheckpoint(file);
  const loaded = new Map(await Promise.all([...tensors.values()].filter(({ dtype }) => dtype === "F32").map(async (tensor) => [tensor.name, { shape: tensor.shape, data: await readTensor(tensor) }] as const)));
  change(loaded);
  await writeSafetensors(file, [...loaded].map(([name, tensor]) => ({ name, dtype: "F32", ...tensor })));
  return folder;
}

/** Checks that a command is refused in one sentence that holds these words, and that it printed nothing else. */
async function expectRefusal(args: readonly string[], ...words: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await normlens(...args, ...(args[0] === "analyze" || args[0] === "fit" ? ["--quiet"] : []));
  expect(stderr).toMatch(/^error: [^\n]+\.\n$/);
  for (const word of words) expect(stderr).toContain(word);
  expect(stderr).not.toContain("defect");
  expect(stdout).toBe("");
  expect(code).toBe(1);
}

describe("analyze", () => {
  test("prints a table, writes the result and the values beside it", async () => {
    const folder = await temporaryFolder();
    const out = join(folder, "r.normlens.json");
    const { code, stdout, stderr } = await normlens("analyze", sample, "--max-tokens", "512", "--out", out);
    expect({ code, stderr: stderr.includes("error") }).toEqual({ code: 0, stderr: false });
    const result = JSON.parse(await readFile(out, "utf8")) as Result;
    for (const layer of result.layers) expect(stdout).toContain(layer.name.replace(/^transformer\./, "").slice(-8));
    expect(result.layers).toHaveLength(13);
    expect(result.input).toMatchObject({ kind: "text", source: "bundled text", tokens: 512 });
    expect((await readdir(folder)).sort()).toEqual(["r.normlens.json", "r.normlens.safetensors"]);
    const { tensors } = await openCheckpoint(join(folder, "r.normlens.safetensors"));
    for (const { name, channels, suggest } of result.layers) {
      expect((await readTensor(tensors.get(`${name}.alpha`)!))[0]).toBeCloseTo(suggest.convert, 5);
      expect(tensors.get(`${name}.weight`)!.shape).toEqual([channels]);
      expect(tensors.get(`${name}.bias`)!.shape).toEqual([channels]);
    }
  });

  test("--json prints the result alone", async () => {
    const { code, stdout, stderr } = await normlens("analyze", small, "--random", "--max-tokens", "64", "--json", "--quiet");
    expect(code).toBe(0);
    expect(stderr).toBe("");
    const result = JSON.parse(stdout) as Result;
    expect(result.schema).toBe("normlens/1");
    expect(result.layers.map((layer) => layer.name)).toContain("transformer.ln_f");
  });

  test("says random wherever the input was", async () => {
    const { stdout } = await normlens("analyze", small, "--max-tokens", "64", "--quiet");
    expect(stdout.toLowerCase().match(/random/g)!.length).toBeGreaterThan(1);
  });

  test("runs on a path with spaces and letters of other scripts", async () => {
    const folder = join(await temporaryFolder(), "mein Modell ñ 模型");
    await cp(small, folder, { recursive: true });
    expect(await normlens("analyze", folder, "--random", "--max-tokens", "64", "--quiet")).toMatchObject({ code: 0, stderr: "" });
  });

  test("reads the hub's cache, where files are links", async () => {
    const root = await temporaryFolder();
    await mkdir(join(root, "blobs"));
    await mkdir(join(root, "snapshots/main"), { recursive: true });
    for (const file of ["config.json", "model.safetensors"]) {
      await copyFile(join(small, file), join(root, "blobs", `sha-${file}`));
      await symlink(join("../../blobs", `sha-${file}`), join(root, "snapshots/main", file));
    }
    expect(await normlens("analyze", join(root, "snapshots/main"), "--random", "--max-tokens", "64", "--quiet")).toMatchObject({ code: 0, stderr: "" });
  });

  test("a norm whose input is not finite is counted, and the rest measured", async () => {
    const folder = await changedCopy((tensors) => {
      tensors.get("transformer.h.1.mlp.c_proj.bias")!.data[0] = NaN;
    });
    const { code, stdout } = await normlens("analyze", folder, "--random", "--max-tokens", "64", "--json", "--quiet");
    expect(code).toBe(0);
    const { layers, coverage, warnings } = JSON.parse(stdout) as Result;
    expect(layers.at(-1)).toMatchObject({ name: "transformer.ln_f", tokens: 0, fit: { status: "no-data" }, input: { nonFinite: 64 } });
    expect(layers[0]!.fit.status).not.toBe("no-data");
    expect(coverage).toMatchObject({ found: 5, measured: 4, missing: [{ name: "transformer.ln_f" }] });
    expect(warnings.map((warning) => warning.code)).toContain("non-finite");
  });
});

describe("Ctrl-C", () => {
  test("stops, with nothing half-written", async () => {
    const folder = await temporaryFolder();
    const child = start(["analyze", sample, "--max-tokens", "200000", "--text", await longText(), "--taps", join(folder, "taps.safetensors"), "--out", join(folder, "r.normlens.json")]);
    await new Promise<void>((resolve) => {
      child.stderr!.on("data", (text: Buffer) => {
        if (text.toString().includes("Running")) resolve();
      });
    });
    const run = ended(child);
    child.kill("SIGINT");
    const { code, signal } = await run;
    expect(code === 130 || signal === "SIGINT").toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });

  async function longText(): Promise<string> {
    const path = join(await temporaryFolder(), "long.txt");
    const text = await readFile(join(sample, "calibration.txt"), "utf8");
    await writeFile(path, text.repeat(30));
    return path;
  }
});

describe("inspect", () => {
  test("tells family, norms, sizes and dtypes without reading weights", async () => {
    const { code, stdout } = await normlens("inspect", sample, "--json");
    expect(code).toBe(0);
    const inspection = JSON.parse(stdout) as Inspection;
    expect(inspection).toMatchObject({ family: "gpt2", architecture: "GPT2LMHeadModel", dtype: "F16" });
    expect(inspection.norms).toHaveLength(2 * inspection.depth + 1);
    expect(Object.keys(inspection.dtypes)).toEqual(["F16"]);
    const table = await normlens("inspect", sample);
    expect(table.stdout).toContain("GPT2LMHeadModel");
    expect(table.stdout).toContain("ln_f");
  });
});

describe("fit", () => {
  test("repeats the analysis that wrote the capture", async () => {
    const folder = await temporaryFolder();
    const [taps, out] = [join(folder, "taps.safetensors"), join(folder, "a.normlens.json")];
    expect((await normlens("analyze", small, "--random", "--taps", taps, "--out", out, "--max-tokens", "256")).code).toBe(0);
    const { code, stdout } = await normlens("fit", taps, "--json", "--quiet");
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as Result).layers).toEqual((JSON.parse(await readFile(out, "utf8")) as Result).layers);
  });
});

describe("fit of a capture whose answer is known", () => {
  // Student-t rows: R² of line, ceiling and tanh, and alpha, have closed forms (Student's t with nu = 10).
  test("gives the closed form, and what a measurement in the program gives", async () => {
    const [rows, channels] = [1000, 512];
    const data = studentRows(10, rows, channels);
    const path = join(await temporaryFolder(), "capture.safetensors");
    await writeSafetensors(path, [{ name: "t.input", dtype: "F32", shape: [rows, channels], data }], { "t.kind": "layernorm", "t.eps": "0", "t.role": "ffn" });
    const { code, stdout } = await normlens("fit", path, "--json", "--quiet");
    expect(code).toBe(0);
    const layer = (JSON.parse(stdout) as Result).layers[0]!;
    expect(layer.linear.r2).toBeCloseTo(0.93956, 2);
    expect(layer.ceiling.r2).toBeCloseTo(0.95562, 2);
    expect(layer.fit.r2).toBeCloseTo(0.9556, 2);
    expect(Math.abs(layer.fit.alpha / 0.36236 - 1)).toBeLessThan(0.03);
    expect(Math.abs(layer.fit.unitGain.alpha / 1.4028 - 1)).toBeLessThan(0.01);

    const norm = { name: "t", kind: "layernorm", role: "ffn", depth: 0, eps: 0, axes: [-1], channels } as const;
    const direct = new LayerMeasurement(norm, { seed: 0, skipFirst: false });
    direct.add({ data, rows, rowsPerSequence: 1, rowsPerPosition: 1 });
    expect(layer).toMatchObject(JSON.parse(JSON.stringify(direct.finish().layer)) as object);
  });
});

describe("export", () => {
  test("writes every format, to a file and to standard output", async () => {
    const folder = await temporaryFolder();
    const result = join(folder, "r.normlens.json");
    await normlens("analyze", small, "--random", "--max-tokens", "64", "--out", result, "--quiet");
    for (const format of ["json", "yaml", "csv", "markdown", "python", "safetensors", "html"]) {
      const out = join(folder, `alphas.${format}`);
      expect(await normlens("export", result, "--format", format, "--out", out)).toMatchObject({ code: 0, stderr: "", stdout: "" });
      const content = await readFile(out);
      expect(content.toString()).toContain("transformer.h.0.ln_1");
      const printed = await normlens("export", result, "--format", format);
      expect(printed.code).toBe(0);
      expect(printed.stdout).toBe(content.toString());
    }
  });

  test("refuses what is no result, of another version, or damaged", async () => {
    const folder = await temporaryFolder();
    const write = async (name: string, content: unknown): Promise<string> => {
      const path = join(folder, name);
      await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
      return path;
    };
    const refused = (path: string, ...words: string[]): Promise<void> => expectRefusal(["export", path, "--format", "csv"], path, ...words);
    await refused(await write("a.json", {}), "no NormLens result");
    await refused(await write("b.json", { schema: "normlens/9" }), "normlens/9");
    await refused(await write("c.json", { schema: "normlens/1", layers: [] }), "damaged", "model");
    await refused(await write("d.json", "{"), "JSON");
    await refused(join(folder, "none.json"));
  });

  test("never writes over the result that it reads, also behind a link", async () => {
    const folder = await temporaryFolder();
    const result = join(folder, "r.normlens.json");
    await normlens("analyze", small, "--random", "--max-tokens", "64", "--out", result, "--quiet");
    const before = await readFile(result);
    await symlink(result, join(folder, "link.html"));
    for (const out of [result, join(folder, "r.normlens.safetensors"), join(folder, "link.html")]) {
      await expectRefusal(["export", result, "--format", "html", "--out", out], out, "written over");
    }
    expect(await readFile(result)).toEqual(before);
  });

  test("a format that is not known is misuse", async () => {
    const { code, stderr } = await normlens("export", "r.json", "--format", "xml");
    expect(code).toBe(2);
    expect(stderr).toContain("xml");
  });
});

describe("misuse ends with code 2", () => {
  test.each([
    ["no command", []],
    ["an unknown command", ["analyse"]],
    ["an unknown option", ["analyze", "x", "--tokens", "3"]],
    ["a number that is none", ["analyze", "x", "--max-tokens", "many"]],
    ["a number out of bounds", ["analyze", "x", "--max-tokens", "0"]],
    ["two inputs at once", ["analyze", "x", "--text", "a", "--random"]],
    ["no format", ["export", "x"]],
  ])("%s", async (_name, args) => {
    const { code, stdout } = await normlens(...args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
  });
});

describe("bad checkpoints are refused in one sentence", () => {
  const analyze = (path: string, ...words: string[]): Promise<void> => expectRefusal(["analyze", path, "--random"], ...words);

  test("a path that leads nowhere", () => analyze("/no/such/model", "/no/such/model"));

  test("a truncated file", async () => {
    const folder = await copyOf();
    await truncate(join(folder, "model.safetensors"), 30_000);
    await analyze(folder, "model.safetensors");
  });

  test("a header longer than the file", async () => {
    const folder = await copyOf();
    await writeFile(join(folder, "model.safetensors"), withLength(10_000n, Buffer.from("{}")));
    await analyze(folder, "model.safetensors");
  });

  test("overlapping offsets", async () => {
    const folder = await copyOf();
    const header = { a: { dtype: "F32", shape: [2], data_offsets: [0, 8] }, b: { dtype: "F32", shape: [2], data_offsets: [4, 12] } };
    await writeFile(join(folder, "model.safetensors"), safetensorsBytes(header, 12));
    await analyze(folder, "model.safetensors");
  });

  test("offsets beyond the end", async () => {
    const folder = await copyOf();
    await writeFile(join(folder, "model.safetensors"), safetensorsBytes({ a: { dtype: "F32", shape: [2], data_offsets: [0, 8] } }, 4));
    await analyze(folder, "model.safetensors");
  });

  test("an unknown dtype", async () => {
    const folder = await copyOf();
    await writeFile(join(folder, "model.safetensors"), safetensorsBytes({ a: { dtype: "F31", shape: [1], data_offsets: [0, 4] } }, 4));
    await analyze(folder, "F31");
  });

  test("a dtype that can't be computed with", async () => {
    const folder = await copyOf();
    const bytes = await readFile(join(folder, "model.safetensors"));
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString("utf8", 8, 8 + length)) as Record<string, { dtype: string; shape: number[] }>;
    const wte = header["transformer.wte.weight"]!;
    Object.assign(wte, { dtype: "F8_E4M3", shape: [wte.shape[0]! * 4, wte.shape[1]] });
    await writeFile(join(folder, "model.safetensors"), Buffer.concat([safetensorsBytes(header, 0), bytes.subarray(8 + length)]));
    await analyze(folder, "F8_E4M3", "transformer.wte.weight");
  });

  test("a missing shard, and an index that names a file outside the folder", async () => {
    const folder = await temporaryFolder();
    const index = join(folder, "model.safetensors.index.json");
    await writeFile(index, JSON.stringify({ weight_map: { a: "model-00001-of-00002.safetensors" } }));
    await analyze(folder, "model-00001-of-00002.safetensors");
    await writeFile(index, JSON.stringify({ weight_map: { a: "../x.safetensors" } }));
    await analyze(folder, "../x.safetensors");
  });

  test("a configuration without tensors, and tensors without a configuration", async () => {
    const folder = await copyOf("llama-hf");
    await rm(join(folder, "config.json"));
    await analyze(folder, "num_attention_heads");
    const without = await copyOf();
    await rm(join(without, "model.safetensors"));
    await analyze(without, without);
  });

  test("a file with no tensors in it", async () => {
    const folder = await copyOf();
    await writeFile(join(folder, "model.safetensors"), safetensorsBytes({}, 0));
    await analyze(folder, "no tensors");
  });

  test("a tensor that is missing", async () => {
    const folder = await changedCopy((tensors) => tensors.delete("transformer.h.1.mlp.c_fc.weight"));
    await analyze(folder, "transformer.h.1.mlp.c_fc.weight");
  });

  test("a block that is missing before others", async () => {
    const folder = await changedCopy((tensors) => {
      for (const name of [...tensors.keys()]) if (name.startsWith("transformer.h.0.")) tensors.delete(name);
    });
    await analyze(folder, "h.0.ln_1.weight");
  });

  test("heads, positions and blocks of LLaMA and ALBERT that can't be", async () => {
    for (const [name, changes, word] of [
      ["llama-hf", { num_key_value_heads: 3 }, "num_key_value_heads"],
      ["llama-hf", { head_dim: 0 }, "head_dim"],
      ["llama-hf", { rope_parameters: { rope_type: "linear", factor: 0 } }, "factor"],
      ["llama-hf", { rope_parameters: { rope_type: "spiral" } }, "spiral"],
      ["albert-hf", { num_hidden_layers: 1e9 }, "num_hidden_layers"],
      ["vit-hf", { image_size: 0 }, "image size"],
      ["vit-hf", { image_size: 64 }, "positions"],
    ] as const) {
      const folder = await copyOf(name);
      const path = join(folder, "config.json");
      await writeFile(path, JSON.stringify({ ...(JSON.parse(await readFile(path, "utf8")) as object), ...changes }));
      await analyze(folder, word);
    }
  });

  test("feed-forward layers that do not fit each other, empty tensors, and gains that are no numbers", async () => {
    const odd = await changedCopy((tensors) => tensors.set("transformer.h.1.mlp.c_proj.weight", { shape: [60, 16], data: new Float32Array(960) }));
    await analyze(odd, "transformer.h.1.mlp.c_proj.weight", "[60, 16]");
    const empty = await changedCopy((tensors) => tensors.set("transformer.wpe.weight", { shape: [0, 16], data: new Float32Array(0) }));
    await analyze(empty, "transformer.wpe.weight", "empty");
    const damaged = await changedCopy((tensors) => {
      tensors.get("transformer.ln_f.bias")!.data[3] = NaN;
    });
    await analyze(damaged, "transformer.ln_f.bias", "NaN");
  });

  test("shapes that do not fit", async () => {
    const folder = await changedCopy((tensors) => tensors.set("transformer.ln_f.weight", { shape: [5], data: new Float32Array(5) }));
    await analyze(folder, "transformer.ln_f.weight", "[5]");
  });

  test("a configuration that does not fit", async () => {
    const folder = await copyOf();
    const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as Record<string, unknown>;
    for (const [changes, ...words] of [
      [{ n_head: 3 }, "16", "3"],
      [{ n_head: "four" }, "n_head"],
      [{ n_head: -4 }, "n_head", "-4"],
      [{ n_layer: 3 }, "h.2.ln_1.weight"],
      [{ n_layer: 1 }, "2", "1"],
      [{ layer_norm_epsilon: -1 }, "layer_norm_epsilon"],
      [{ activation_function: "toString" }, "toString"],
      [{ model_type: "mamba9" }, "mamba9", "known: gpt2, ", "capture"],
    ] as const) {
      await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, ...changes }));
      await analyze(folder, ...words);
    }
    await writeFile(join(folder, "config.json"), "{]");
    await analyze(folder, "config.json");
  });
});

describe("bad input is refused in one sentence", () => {
  const write = async (name: string, content: string | Uint8Array): Promise<string> => {
    const path = join(await temporaryFolder(), name);
    await writeFile(path, content);
    return path;
  };

  test("an empty text", async () => {
    const path = await write("empty.txt", "");
    await expectRefusal(["analyze", sample, "--text", path], path);
  });

  test("a token id out of range", async () => {
    const path = await write("ids.json", "[[1, 2, 99999]]");
    await expectRefusal(["analyze", small, "--ids", path], "99999");
  });

  test("an image that can't be read", async () => {
    const path = await write("picture.png", "not a picture");
    await expectRefusal(["analyze", join(golden, "vit-hf"), "--images", path], path);
  });

  test("text for a model of images", async () => {
    await expectRefusal(["analyze", join(golden, "vit-hf"), "--text", join(sample, "calibration.txt")], "image");
  });

  test("a text whose message would steer the terminal", async () => {
    const { stderr, code } = await normlens("analyze", small, "--ids", "/no/\u001b[31mred\u202e.json", "--quiet");
    expect(code).toBe(1);
    for (const steering of ["\u001b", "\u202e"]) expect(stderr).not.toContain(steering);
  });

  test("a capture that is none", async () => {
    await expectRefusal(["fit", join(small, "model.safetensors")], "capture");
  });

  test("a runtime that there is not", async () => {
    await expectRefusal(["analyze", small, "--random", "--runtime", "abacus"], "abacus", "onnxruntime");
  });
});

describe("where the result can't be written", () => {
  test("a missing folder is told before the work, and nothing is left", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "none/r.normlens.json");
    await expectRefusal(["analyze", small, "--random", "--out", path], "none");
    await expectRefusal(["analyze", small, "--random", "--taps", join(folder, "none/t.safetensors")], "none");
    expect(await readdir(folder)).toEqual([]);
  });

  test.skipIf(process.getuid?.() === 0)("a folder without permission", async () => {
    const folder = await temporaryFolder();
    await chmod(folder, 0o500);
    await expectRefusal(["analyze", small, "--random", "--out", join(folder, "r.normlens.json")], folder);
    await chmod(folder, 0o700);
  });

  test("what is read is not written over, and nothing is written twice", async () => {
    const folder = await copyOf();
    const model = join(folder, "model.safetensors");
    const before = await readFile(model);
    await expectRefusal(["analyze", folder, "--random", "--taps", model], model, "written over");
    await expectRefusal(["analyze", folder, "--random", "--out", model], model, "written over");
    await symlink(model, join(folder, "link.safetensors"));
    await expectRefusal(["analyze", model, "--random", "--taps", join(folder, "link.safetensors")], "written over");
    const both = join(folder, "x.normlens.json");
    await expectRefusal(["analyze", folder, "--random", "--taps", both, "--out", both], both, "twice");
    await expectRefusal(["analyze", folder, "--random", "--taps", join(folder, "x.normlens.safetensors"), "--out", both], "twice");
    const taps = join(folder, "taps.safetensors");
    await normlens("analyze", folder, "--random", "--taps", taps, "--max-tokens", "64");
    await expectRefusal(["fit", taps, "--out", taps], taps, "written over");
    expect(await readFile(model)).toEqual(before);
    expect((await readdir(folder)).sort()).toEqual(["config.json", "link.safetensors", "model.safetensors", "taps.safetensors"]);
  });

  test("a result that was there stays, where the new one can't be made", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "r.normlens.json");
    await writeFile(path, "before");
    await expectRefusal(["analyze", small, "--ids", "/no/ids.json", "--out", path], "/no/ids.json");
    expect(await readFile(path, "utf8")).toBe("before");
    expect(await readdir(folder)).toEqual(["r.normlens.json"]);
  });

  test.skipIf(!existsSync("/dev/full"))("a full device is told as such", async () => {
    const { code } = await normlens("analyze", small, "--random", "--out", "/dev/full", "--quiet");
    expect(code).toBe(1);
    const device = await open("/dev/full", "r");
    await device.close();
  });
});
