import { existsSync } from "node:fs";
import { cp, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../../src/engine/checkpoint/formats";
import { readTensor } from "../../src/engine/checkpoint/tensor-data";
import type { Conversion } from "../../src/shared/conversion";
import { temporaryFolder } from "../engine/checkpoint/files";
import { ended, normlens, start } from "./run";

const small = join(import.meta.dirname, "../engine/architecture/golden/gpt2-hf");
const sample = join(import.meta.dirname, "../../media/samples/gpt2");

describe("convert", () => {
  test("writes a folder and tells what is in it", async () => {
    const out = join(await temporaryFolder(), "converted");
    const { code, stdout, stderr } = await normlens("convert", small, "--out", out, "--random", "--max-tokens", "64", "--layers", "transformer.ln_f", "transformer.h.0.ln_1");
    expect(stderr).not.toContain("error");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Replaced 2 norms, kept 3; wrote \S+: 4 files, [\d.]+ KiB of tensors\n/);
    expect(stdout).toContain("  transformer.h.0.ln_2 stayed: it was not asked for\n");
    expect((await readdir(out)).sort()).toEqual(["README.md", "config.json", "dyt.py", "model.safetensors"]);
    expect(await readFile(join(out, "dyt.py"), "utf8")).toBe(await readFile(join(import.meta.dirname, "../../media/dyt.py"), "utf8"));
  });

  test("fits layer after layer where it is asked to", async () => {
    const out = join(await temporaryFolder(), "converted");
    const { code, stdout } = await normlens("convert", small, "--out", out, "--random", "--max-tokens", "64", "--in-order", "--json", "--quiet");
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as Conversion).source).toMatchObject({ kind: "fit", inOrder: {} });
  });

  test("takes the values that an analysis wrote, and gives a list as JSON", async () => {
    const folder = await temporaryFolder();
    const analyzed = await normlens("analyze", small, "--random", "--max-tokens", "64", "--quiet", "--out", join(folder, "r.normlens.json"));
    expect(analyzed.code).toBe(0);
    const values = join(folder, "r.normlens.safetensors");
    const { code, stdout, stderr } = await normlens("convert", small, "--out", join(folder, "converted"), "--values", values, "--json", "--quiet", "--names", "liger");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const conversion = JSON.parse(stdout) as Conversion;
    expect(conversion.source).toEqual({ kind: "file", path: values });
    expect(conversion.layers).toHaveLength(5);
    const [given, written] = [(await openCheckpoint(values)).tensors, (await openCheckpoint(join(folder, "converted"))).tensors];
    expect(await readTensor(written.get("transformer.ln_f.gamma")!)).toEqual(await readTensor(given.get("transformer.ln_f.weight")!));
  });

  test.each([
    [["--out", "EXISTING"], 1, "exists already"],
    [["--out", "NEW", "--values", "NOTHING"], 1, "there is no such file or folder"],
    [["--out", "NEW", "--layers", "ln_9"], 1, 'has no norm "ln_9"'],
    [[], 2, "--out"],
    [["--out", "NEW", "--only", "neck"], 2, "neck"],
    [["--out", "NEW", "--names", "keras"], 2, "keras"],
    [["--out", "NEW", "--values", "NOTHING", "--in-order"], 2, "--in-order"],
  ])("%s is refused in one sentence", async (args, expected, words) => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "EXISTING", "mine"), { recursive: true });
    const placed = args.map((argument) => (/^[A-Z]+$/.test(argument) ? join(folder, argument) : argument));
    const { code, stdout, stderr } = await normlens("convert", small, "--random", "--max-tokens", "64", "--quiet", ...placed);
    expect(code).toBe(expected);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("defect");
    expect(stdout).toBe("");
    expect(await readdir(folder)).toEqual(["EXISTING"]);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s in the middle of a run leaves nothing", async (signal) => {
    const out = join(await temporaryFolder(), "converted");
    const child = start(["convert", sample, "--out", out, "--random", "--max-tokens", "400000"]);
    const run = ended(child);
    await new Promise<void>((resolve) => {
      child.stderr!.on("data", (text: string) => { if (text.includes("Running")) resolve(); });
    });
    expect((await readdir(dirname(out))).some((name) => name.startsWith(".normlens-"))).toBe(true);
    child.kill(signal);
    const { code, signal: endedBy } = await run;
    expect(code === 130 || endedBy === signal).toBe(true);
    expect(await readdir(dirname(out))).toEqual([]);
  });

  test("leaves the original as it was, and writes beside it where asked to", async () => {
    const folder = join(await temporaryFolder(), "model");
    await cp(small, folder, { recursive: true });
    await writeFile(join(folder, "vocab.json"), "{}");
    const before = (await readdir(folder)).sort();
    expect((await normlens("convert", join(folder, "model.safetensors"), "--out", join(folder, "dyt"), "--random", "--max-tokens", "64", "--quiet")).code).toBe(0);
    expect((await readdir(folder)).sort()).toEqual([...before, "dyt"].sort());
    expect(await readFile(join(folder, "model.safetensors"))).toEqual(await readFile(join(small, "model.safetensors")));
    expect(existsSync(join(folder, "dyt", "vocab.json"))).toBe(true);
  });
});
