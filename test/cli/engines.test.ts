import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { findLibtensorflow } from "../../scripts/libtensorflow.mjs";
import { nodeVersions } from "../../scripts/node-versions.mjs";
import { softwareVulkan } from "../../scripts/software-vulkan.mjs";
import type { EngineStatus } from "../../src/shared/engines";
import type { Result } from "../../src/shared/result";
import { temporaryFolder } from "../engine/checkpoint/files";
import { ended, normlens, start, type Run, type Surroundings } from "./run";

const root = join(import.meta.dirname, "../..");
const sample = join(root, "media/samples/gpt2");
const sampleText = join(sample, "calibration.txt");
const nanoSort = join(root, "../shared/fixtures/gpt-nano-sort/model.safetensors");
const library = findLibtensorflow();
const vulkan = softwareVulkan();

/** Software Vulkan takes its time on a busy machine, and a test is no place to find that out. */
const patient = { NORMLENS_PROOF_SECONDS: "200" };

vi.setConfig({ testTimeout: 300_000 });

async function analysed(args: readonly string[], surroundings?: Surroundings): Promise<Result> {
  const { code, stdout, stderr } = await ended(start(["analyze", ...args, "--max-tokens", "256", "--json", "--quiet"], surroundings));
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout) as Result;
}

const onSample = (runtime: string, device: string, surroundings?: Surroundings): Promise<Result> => analysed([sample, "--text", sampleText, "--runtime", runtime, "--device", device], surroundings);

/** The alphas that a fit determines, by layer. */
function alphasOf({ layers }: Result): Map<string, number> {
  return new Map(layers.filter(({ fit }) => fit.status === "ok").flatMap(({ name, fit, perChannel }) => [[`${name} pooled`, fit.alpha] as const, [`${name} convert`, perChannel.alpha] as const]));
}

/** Same alphas to a thousandth. */
function expectSameAlphas(actual: Result, expected: Result): void {
  const wanted = alphasOf(expected);
  expect(wanted.size).toBeGreaterThan(0);
  expect([...alphasOf(actual).keys()]).toEqual([...wanted.keys()]);
  for (const [name, alpha] of alphasOf(actual)) expect(Math.abs(alpha / wanted.get(name)! - 1), name).toBeLessThan(1e-3);
}

/** Numbers of the processes whose environment holds a mark. */
async function marked(mark: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map(async (pid) => (await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")).includes(mark)));
  return pids.filter((_, index) => found[index]);
}

describe("normlens engines", () => {
  test("tries every engine, and says what those lack that do not work", async () => {
    const { code, stdout } = await normlens("engines", "--json");
    expect(code).toBe(0);
    const statuses = JSON.parse(stdout) as EngineStatus[];
    expect(statuses.map(({ runtime, device }) => `${runtime} ${device}`)).toEqual(["onnxruntime cuda", "tfjs tensorflow", "onnxruntime dml", "onnxruntime coreml", "onnxruntime webgpu", "onnxruntime cpu", "tfjs wasm", "tfjs cpu"]);
    for (const { available, gigaflops, version, reason } of statuses) {
      if (available) expect({ gigaflops, version }).toEqual({ gigaflops: expect.any(Number) as number, version: expect.stringMatching(/^\d/) as string });
      else expect(reason).toMatch(/^\S.{15,}$/);
    }
    expect(statuses.filter(({ available }) => available).map(({ runtime, device }) => `${runtime} ${device}`)).toEqual(expect.arrayContaining(["onnxruntime cpu", "tfjs wasm", "tfjs cpu"]));
  });

  test("shows them as a table, with what the others lack below it", async () => {
    const { stdout } = await normlens("engines");
    expect(stdout).toMatch(/^engine +GFLOP\/s +version/);
    expect(stdout).toMatch(/^onnxruntime on cpu +[\d.]+ +\d/m);
    expect(stdout).toMatch(/^onnxruntime on coreml +\S/m);
  });
});

describe("an engine that is asked for gives the same alphas", () => {
  test("tfjs on wasm", async () => {
    const result = await onSample("tfjs", "wasm");
    expect(result.engine).toMatchObject({ runtime: "tfjs", device: "wasm", version: "4.22.0", choice: { asked: { runtime: "tfjs", device: "wasm" }, reason: "asked for", others: [] } });
    expect(result.engine.fallback).toBeUndefined();
    expectSameAlphas(result, await onSample("onnxruntime", "cpu"));
  });

  test("tfjs on tensorflow, on the sample and on gpt-nano-sort", async ({ skip }) => {
    if (library === undefined) return skip("no libtensorflow");
    const surroundings = { env: { NORMLENS_LIBTENSORFLOW: library } };
    const result = await onSample("tfjs", "tensorflow", surroundings);
    expect(result.engine).toMatchObject({ runtime: "tfjs", device: "tensorflow", version: expect.stringMatching(/^2\./) as string });
    expectSameAlphas(result, await onSample("onnxruntime", "cpu"));
    if (!existsSync(nanoSort)) return;
    const sort = (runtime: string, device: string) => analysed([nanoSort, "--random", "--runtime", runtime, "--device", device], surroundings);
    expectSameAlphas(await sort("tfjs", "tensorflow"), await sort("onnxruntime", "cpu"));
  });

  test("onnxruntime on webgpu, in software", async ({ skip }) => {
    if (vulkan === undefined) return skip("no software Vulkan");
    const result = await onSample("onnxruntime", "webgpu", { env: { ...vulkan, ...patient } });
    expect(result.engine).toMatchObject({ runtime: "onnxruntime", device: "webgpu" });
    expect(result.engine.fallback).toBeUndefined();
    expectSameAlphas(result, await onSample("onnxruntime", "cpu"));
  });
});

describe("auto", () => {
  test("leaves Vulkan in software aside, and says so", async ({ skip }) => {
    if (vulkan === undefined) return skip("no software Vulkan");
    const { engine } = await onSample("auto", "auto", { env: { ...vulkan, ...patient, NORMLENS_LIBTENSORFLOW: "/nowhere" } });
    expect(engine).toMatchObject({ runtime: "onnxruntime", device: "cpu", choice: { reason: "the fastest of 2 that work here" } });
    expect(engine.choice?.others).toContainEqual({ runtime: "onnxruntime", device: "webgpu", reason: expect.stringMatching(/^not clearly faster: [\d.]+ GFLOP\/s/) as string });
    expect(engine.choice?.others).toContainEqual({ runtime: "tfjs", device: "tensorflow", reason: expect.stringContaining("/nowhere") as string });
  });

  test("goes on without a driver that hangs, and leaves no process of it", async ({ skip }) => {
    if (vulkan === undefined) return skip("no software Vulkan");
    const folder = await temporaryFolder();
    await writeFile(join(folder, "hang.c"), "#include <unistd.h>\n__attribute__((constructor)) static void hang(void) { for (;;) sleep(1000); }\n");
    await promisify(execFile)("cc", ["-shared", "-fPIC", "-o", join(folder, "libhang.so"), join(folder, "hang.c")]);
    await writeFile(join(folder, "icd.json"), JSON.stringify({ file_format_version: "1.0.0", ICD: { library_path: join(folder, "libhang.so"), api_version: "1.3.0" } }));
    const env = { ...vulkan, VK_ICD_FILENAMES: join(folder, "icd.json"), NORMLENS_CACHE: folder, NORMLENS_PROOF_SECONDS: "3", NORMLENS_LIBTENSORFLOW: "/nowhere" };
    const { engine } = await onSample("auto", "auto", { env });
    expect(engine).toMatchObject({ runtime: "onnxruntime", device: "cpu" });
    expect(engine.choice?.others).toContainEqual({ runtime: "onnxruntime", device: "webgpu", reason: "it did not answer within 3 s, which NORMLENS_PROOF_SECONDS sets" });
    await vi.waitFor(async () => { expect(await marked(folder)).toEqual([]); });
  });
});

describe("what can't be had is refused in one sentence", () => {
  const refused = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { code, stdout, stderr }: Run = await ended(start(["analyze", sample, "--quiet", ...args], { env }));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    return stderr;
  };

  test("a runtime that there is none of", async () => {
    expect(await refused(["--runtime", "torch"])).toContain('There is no engine "torch"; this version has onnxruntime on cuda, tfjs on tensorflow');
  });

  test("an engine of another system", async () => {
    expect(await refused(["--device", process.platform === "darwin" ? "dml" : "coreml"])).toMatch(/The engine that was asked for does not run on this machine \(onnxruntime on \w+: it computes on the GPUs of \w+( on Apple silicon)? only\); "normlens engines" tells what does\./);
  });

  test("a libtensorflow that is not where it is said to be", async () => {
    expect(await refused(["--runtime", "tfjs", "--device", "tensorflow", "--libtensorflow", "/no/such/folder"])).toContain("/no/such/folder");
  });

  test("WebGPU without a driver", async ({ skip }) => {
    if (vulkan === undefined) return skip("no software Vulkan");
    expect(await refused(["--device", "webgpu"], { ...vulkan, VK_ICD_FILENAMES: "/no/such/icd.json" })).toContain("it finds no GPU that Vulkan can use");
  });
});

describe.each(nodeVersions())("under Node $version", ({ version, path }) => {
  test("the sample is analysed by every engine that works", async ({ skip }) => {
    if (!existsSync(path)) return skip(`no Node ${version}`);
    const surroundings = { node: path, env: { ...(library !== undefined && { NORMLENS_LIBTENSORFLOW: library }) } };
    const expected = await onSample("onnxruntime", "cpu");
    expectSameAlphas(await onSample("onnxruntime", "cpu", surroundings), expected);
    expectSameAlphas(await onSample("tfjs", "wasm", surroundings), expected);
    if (library !== undefined) expectSameAlphas(await onSample("tfjs", "tensorflow", surroundings), expected);
  });
});
