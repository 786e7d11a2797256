import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { families } from "../../../../src/engine/architecture/families";
import { findLibtensorflow, findTfjsAddon } from "../../../../scripts/libtensorflow.mjs";
import { bundleFromTests } from "../../../../scripts/load-typescript.mjs";
import { softwareVulkan } from "../../../../scripts/software-vulkan.mjs";
import type { Agreement } from "./agreement";

/** Largest error of a norm's input, relative to the largest element, and of an alpha. */
const tolerance = { input: 1e-5, alpha: 1e-3 };

const vulkan = softwareVulkan();
const library = findLibtensorflow();
const addon = findTfjsAddon();

/** Every engine that a machine without a GPU can have, with what it needs; a string says why it can't be had. */
const cases: readonly (readonly [name: string, runtime: string, device: string, environment: Readonly<Record<string, string>> | string])[] = [
  ["onnxruntime on cpu", "onnxruntime", "cpu", {}],
  ["onnxruntime on webgpu, in software", "onnxruntime", "webgpu", vulkan ?? "no software Vulkan"],
  ["tfjs on tensorflow, through FFI", "tfjs", "tensorflow", library === undefined ? "no libtensorflow" : { NORMLENS_LIBTENSORFLOW: library }],
  ["tfjs on tensorflow, through its addon", "tfjs", "tensorflow", addon === undefined ? "no libtensorflow" : { NORMLENS_LIBTENSORFLOW: addon }],
  ["tfjs on wasm", "tfjs", "wasm", {}],
  ["tfjs on cpu", "tfjs", "cpu", {}],
];

describe("every engine gives the same numbers", () => {
  let script = "";
  beforeAll(async () => { script = await bundleFromTests("engine/runtime/agreement/process"); });

  test.for(cases)("%s", { timeout: 600_000 }, async ([, runtime, device, environment], { skip }) => {
    if (typeof environment === "string") return skip(environment);
    const { stdout } = await promisify(execFile)(process.execPath, [script, runtime, device], { env: { ...process.env, ...environment } });
    const agreement = JSON.parse(stdout) as Agreement;
    expect(agreement.fallbacks).toEqual([]);
    expect(Object.keys(agreement.families).sort()).toEqual(families.map(({ name }) => name).sort());
    for (const [family, error] of Object.entries(agreement.families)) expect(error, family).toBeLessThan(tolerance.input);
    expect(Object.keys(agreement.alphas)).toEqual(expect.arrayContaining(["sample gpt2", "sample vit"]));
    for (const [model, difference] of Object.entries(agreement.alphas)) expect(difference, model).toBeLessThan(tolerance.alpha);
  });
});
