import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findLibtensorflow, findTfjsAddon } from "../../../../../scripts/libtensorflow.mjs";
import { block } from "./block";
import { expectClose } from "./close";
import { valuesOn } from "./kernels";

const folder = mkdtempSync(join(tmpdir(), "normlens-bundle-"));

interface Answer {
  readonly version: string;
  readonly values: Awaited<ReturnType<typeof valuesOn>>;
  readonly tensors: number;
}

/** As dist/ is built: without the union package, whose other parts are not used. */
beforeAll(async () => {
  symlinkSync(dirname(dirname(createRequire(import.meta.url).resolve("koffi"))), join(folder, "node_modules"));
  await build({
    entryPoints: ["compute", "open"].map((name) => join(import.meta.dirname, `${name}.ts`)),
    outdir: folder,
    bundle: true,
    platform: "node",
    external: ["koffi"],
    alias: { "@tensorflow/tfjs": "@tensorflow/tfjs-core" },
    logLevel: "warning",
  });
});
function run(program: string, ...parameters: readonly string[]): { readonly stdout: string; readonly end: object } {
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, [join(folder, `${program}.js`), ...parameters], { encoding: "utf8" });
  return { stdout, end: { stderr, status, signal } };
}

const endsWell = { stderr: "", status: 0, signal: null };

afterAll(() => { rmSync(folder, { recursive: true }); });

describe("a program of one file", () => {
  it.for([
    ["libtensorflow", findLibtensorflow(), "main", 1],
    ["libtensorflow in threads, one after the other", findLibtensorflow(), "threads", 2],
    ["the addon", findTfjsAddon(), "main", 1],
    ["the addon in threads, one after the other", findTfjsAddon(), "threads", 2],
  ] as const)("computes with %s, prints nothing of its own, and ends well", async ([, tensorflow, where, answers], { skip }) => {
    if (tensorflow === undefined) skip("no libtensorflow");
    const { stdout, end } = run("compute", tensorflow ?? "", where);
    expect(end).toEqual(endsWell);
    const lines = stdout.trim().split("\n").map((line) => JSON.parse(line) as Answer);
    expect(lines).toHaveLength(answers);
    for (const { version, values, tensors } of lines) {
      expect(version).toMatch(/^2\./);
      expect(tensors).toBe(0);
      expectClose(values, await valuesOn("cpu", block));
    }
  });

  // Unloaded, TensorFlow would be missed by what it has asked to be called at the end.
  it.for(["main", "threads"])("ends well where it has let go of libtensorflow, in %s", (where, { skip }) => {
    const libtensorflow = findLibtensorflow();
    if (libtensorflow === undefined) skip("no libtensorflow");
    const { stdout, end } = run("open", libtensorflow ?? "", where);
    expect(end).toEqual(endsWell);
    expect(stdout).toMatch(/^2\./);
  });
});
