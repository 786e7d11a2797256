import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findTfjsAddon } from "../../../../../scripts/libtensorflow.mjs";
import { openAddon } from "../../../../../src/engine/runtime/tfjs/tensorflow/addon";
import { libtensorflowFiles } from "../../../../../src/engine/runtime/tfjs/tensorflow/find";
import { openTensorflow } from "../../../../../src/engine/runtime/tfjs/tensorflow/tensorflow";
import type { TfjsBackend } from "../../../../../src/engine/runtime/tfjs/backend";
import { block } from "./block";
import { expectClose } from "./close";
import { compileSource, noCompiler } from "./ffi/compile";
import { kernels, valuesOn } from "./kernels";

const addon = findTfjsAddon();

describe("tfjs-node-gpu's own addon", () => {
  let backend: TfjsBackend;
  beforeAll(async () => {
    if (addon !== undefined) backend = await openTensorflow({ libtensorflow: addon });
  });
  beforeEach(({ skip }) => {
    if (addon === undefined) skip("no libtensorflow");
  });

  it("is opened where its package's folder is named", () => {
    expect(backend).toEqual({ device: "tensorflow", version: expect.stringMatching(/^2\./) as string });
  });

  it.each(Object.entries({ ...kernels, "a transformer's block": block }))("%s", async (_, op) => {
    expectClose(await valuesOn("tensorflow", op), await valuesOn("cpu", op));
  });

  it("refuses a GPU where it finds none", async () => {
    const [file] = libtensorflowFiles({ libtensorflow: addon });
    await expect(openAddon(file!, { gpu: 99 })).rejects.toThrow(`GPU 99 was asked for, but the TensorFlow of ${file!} finds none of that number.`);
  });

  it("is refused where the libtensorflow that it was linked to is gone", ({ onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), "normlens-addon-"));
    onTestFinished(() => { rmSync(folder, { recursive: true }); });
    const [file] = libtensorflowFiles({ libtensorflow: addon });
    const copy = join(folder, "lib/napi-v8/tfjs_binding.node");
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(file!, copy);
    // In a process of its own, since the library is in this one.
    const { stdout } = spawnSync(process.execPath, ["-p", `try { process.dlopen({ exports: {} }, ${JSON.stringify(copy)}) } catch (error) { error.message }`], { encoding: "utf8" });
    expect(stdout).toMatch(/libtensorflow.*cannot open shared object file/);
  });
});

describe("what is no addon", () => {
  it("is refused in a sentence", async ({ onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), "normlens-addon-"));
    onTestFinished(() => { rmSync(folder, { recursive: true }); });
    const garbage = join(folder, "garbage.node");
    writeFileSync(garbage, "garbage");
    await expect(openAddon(garbage, {})).rejects.toThrow(/^The addon .*garbage\.node can't be loaded \([^\n]+\): build it anew for this Node, with npm rebuild @tensorflow\/tfjs-node-gpu --build-addon-from-source\.$/);
    await expect(openAddon(join(folder, "none.node"), {})).rejects.toThrow(/^The addon .*none\.node can't be loaded \(/);
  });

  it("is refused where it is a library, or an addon of another Node", async ({ onTestFinished, skip }) => {
    if (noCompiler !== undefined) skip(noCompiler);
    const folder = mkdtempSync(join(tmpdir(), "normlens-addon-"));
    onTestFinished(() => { rmSync(folder, { recursive: true }); });
    const library = compileSource(join(folder, "library.node"), "int answer(void) { return 42; }");
    await expect(openAddon(library, {})).rejects.toThrow(/library\.node can't be loaded \(Module did not self-register\): build it anew/);
    const other = compileSource(join(folder, "other.node"), otherNodes);
    await expect(openAddon(other, {})).rejects.toThrow(/other\.node can't be loaded \(it was compiled against a different Node\.js version using NODE_MODULE_VERSION 1\): build it anew/);
    const empty = compileSource(join(folder, "empty.node"), "void *napi_register_module_v1(void *env, void *exports) { return exports; }");
    await expect(openAddon(empty, {})).rejects.toThrow(`${empty} is no addon of tfjs-node.`);
  });
});

/** An addon of the time before Node-API, for a Node that never was: struct node_module of node.h. */
const otherNodes = `
struct module { int version; unsigned flags; void *handle; const char *file; void *init, *contextInit; const char *name; void *data, *next; };
static struct module it = { 1, 0, 0, "", 0, 0, "other", 0, 0 };
void node_module_register(void *);
__attribute__((constructor)) static void begin(void) { node_module_register(&it); }
`;
