import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Result } from "../../src/shared/result";
import { temporaryFolder } from "../engine/checkpoint/files";
import { ended, normlens, start } from "./run";

const sample = join(import.meta.dirname, "../../media/samples/gpt2");
const small = ["--max-tokens", "256", "--held-out-tokens", "128", "--sequence-length", "64"];

describe("replace", () => {
  test("prints what each replacement costs, and writes result and values", async () => {
    const folder = await temporaryFolder();
    const out = join(folder, "r.normlens.json");
    const { code, stdout } = await normlens("replace", sample, ...small, "--layers", "transformer.h.4.ln_1", "transformer.ln_f", "--budget", "0.1", "--out", out, "--quiet");
    expect(code).toBe(0);
    expect(stdout).toContain("nothing replaced (control)");
    expect(stdout).toContain("official conversion");
    expect(stdout).toContain("of 2 layers can be replaced for at most 0.1");
    const { replacement } = JSON.parse(await readFile(out, "utf8")) as Result;
    expect(replacement!.layers.map(({ name }) => name)).toEqual(["transformer.h.4.ln_1", "transformer.ln_f"]);
    expect(replacement!.unchanged.cost).toBe(0);
    expect((await readdir(folder)).sort()).toEqual(["r.normlens.json", "r.normlens.safetensors"]);
  });

  test.each([
    ["a layer that is not there", ["--layers", "nowhere"], "--layers names the layer nowhere, which"],
    ["values that are not there", ["--values", "/no/values.safetensors"], "/no/values.safetensors"],
    ["a result without a name", ["--out", ""], "The file for the result has no name"],
    ["held-out input that is not there", ["--held-out", "/no/text.txt"], "/no/text.txt"],
  ])("refuses %s in a sentence", async (_, options, words) => {
    const { code, stdout, stderr } = await normlens("replace", sample, ...small, ...options, "--quiet");
    expect(stderr).toMatch(/^error: [^\n]+\.\n$/);
    expect(stderr).toContain(words);
    expect([code, stdout]).toEqual([1, ""]);
  });

  test.each([["--budget", "much"], ["--budget", "-1"], ["--held-out-tokens", "1"]])("%s %s is misuse", async (...options) => {
    expect((await normlens("replace", sample, ...options)).code).toBe(2);
  });

  test("Ctrl-C leaves nothing behind", async () => {
    const folder = await temporaryFolder();
    const values = join(folder, "alphas.json");
    await writeFile(values, JSON.stringify({ "transformer.ln_f": 1 }));
    const child = start(["replace", sample, "--values", values, "--out", join(folder, "r.normlens.json")]);
    const end = ended(child);
    child.stderr!.on("data", (text: string) => { if (text.includes("Replacing norms")) child.kill("SIGINT"); });
    const { code, signal } = await end;
    expect(code === 130 || signal === "SIGINT").toBe(true);
    expect(await readdir(folder)).toEqual(["alphas.json"]);
  });
});
