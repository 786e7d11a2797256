import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import koffi from "koffi";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openLibrary } from "../../../../../../src/engine/runtime/tfjs/tensorflow/ffi/open";
import { UserError } from "../../../../../../src/shared/errors";
import { compileSource, compileStub, noCompiler } from "./compile";

const folder = mkdtempSync(join(tmpdir(), "normlens-stub-"));
const at = (name: string) => join(folder, name);
const refusal = async (path: string, options = {}) => openLibrary(path, undefined, options).then(() => "opened", (error: unknown) => (error instanceof UserError ? error.message : error));

beforeAll(() => {
  if (noCompiler === undefined) compileStub(at("stub.so"));
});
beforeEach(({ skip }) => {
  if (noCompiler !== undefined) skip(noCompiler);
});
afterAll(() => { rmSync(folder, { recursive: true }); });

describe("a library that can't be used", () => {
  it("is no library", async () => {
    writeFileSync(at("text.so"), "not an ELF file");
    expect(await refusal(at("text.so"))).toBe(`${at("text.so")} can't be loaded: it is no shared library.`);
    writeFileSync(at("empty.so"), "");
    expect(await refusal(at("empty.so"))).toBe(`${at("empty.so")} can't be loaded: it is no shared library.`);
  });

  it("is for another machine", async () => {
    const header = readFileSync(at("stub.so"));
    header.writeUInt16LE(process.arch === "arm64" ? 0x3e : 0xb7, 18);
    writeFileSync(at("other.so"), header);
    expect(await refusal(at("other.so"))).toBe(`${at("other.so")} can't be loaded: it is for ${process.arch === "arm64" ? "x64" : "arm64"}, and this Node runs on ${process.arch}.`);
    header.writeUInt16LE(0x03, 18);
    writeFileSync(at("narrow.so"), header);
    expect(await refusal(at("narrow.so"))).toBe(`${at("narrow.so")} can't be loaded: it is for ia32, and this Node runs on ${process.arch}.`);
  });

  it("was cut short", async () => {
    copyFileSync(at("stub.so"), at("short.so"));
    truncateSync(at("short.so"), 5000);
    expect(await refusal(at("short.so"))).toMatch(/short\.so can't be loaded: it is cut short, 5000 bytes instead of at least \d+: install it again\.$/);
  });

  it("needs a library that is not there", async () => {
    compileSource(at("libmissing.so"), "int missing(void) { return 1; }", "-Wl,-soname,libmissing.so.9");
    compileSource(at("needs.so"), "int missing(void); int needs(void) { return missing(); }", at("libmissing.so"));
    expect(await refusal(at("needs.so"))).toBe(`${at("needs.so")} can't be loaded: libmissing.so.9: cannot open shared object file: No such file or directory.`);
  });

  it("is another library", async () => {
    compileSource(at("another.so"), "int answer(void) { return 42; }");
    expect(await refusal(at("another.so"))).toBe(`${at("another.so")} is no libtensorflow: it lacks the function TF_Version.`);
  });

  it("is too old", async () => {
    compileStub(at("old.so"), 'VERSION="1.15.5"');
    expect(await refusal(at("old.so"))).toBe(`${at("old.so")} is TensorFlow 1.15.5, where TensorFlow 2 is needed: pip install --upgrade tensorflow.`);
  });

  it("lacks a function", async () => {
    compileStub(at("lacking.so"), "WITHOUT_EXECUTE", 'VERSION="2.3.0"');
    expect(await refusal(at("lacking.so"))).toBe(`TensorFlow 2.3.0 at ${at("lacking.so")} lacks the function TFE_Execute, without which it can't be called: pip install --upgrade tensorflow.`);
  });

  it("has no GPU, or not the one that is asked for", async () => {
    expect(await refusal(at("stub.so"), { gpu: 0 })).toBe("GPU 0 was asked for, but this TensorFlow finds none.");
    compileStub(at("one-gpu.so"), "GPUS=1");
    expect(await refusal(at("one-gpu.so"), { gpu: 1 })).toBe("GPU 1 was asked for, but there is only GPU 0.");
    compileStub(at("two-gpus.so"), "GPUS=2");
    expect(await refusal(at("two-gpus.so"), { gpu: 2 })).toBe("GPU 2 was asked for, but there are only GPUs 0 to 1.");
  });
});

describe("what is made in a library", () => {
  const float32 = 1;
  const int32 = 3;

  it("is freed, whatever fails", async () => {
    const { binding } = await openLibrary(at("stub.so"), undefined, {});
    const alive = koffi.load(at("stub.so")).func("int stub_alive()") as () => number;
    expect(alive()).toBe(0);

    expect(() => binding.createTensor([7], float32, new Float32Array(7))).toThrow("TensorFlow: no good");
    expect(() => binding.createTensor([2], float32, new Float32Array(3))).toThrow("A tensor of shape [2] takes 8 bytes and was given 12.");
    expect(() => binding.createTensor([1], binding.TF_STRING, [new Uint8Array(1)])).toThrow("Tensors of texts can't be handed to libtensorflow.");
    expect(() => binding.createTensor([1], 99, new Float32Array(1))).toThrow("Tensors of TensorFlow's type 99 can't be handed over");
    expect(alive()).toBe(0);

    const input = binding.createTensor([2], float32, new Float32Array([1, 2]));
    const unreadable = binding.createTensor([9], float32, new Float32Array(9));
    expect(alive()).toBe(2);
    expect(() => binding.tensorDataSync(unreadable)).toThrow("TensorFlow: no good");
    expect(() => binding.executeOp("Unknown", [], [input], 1)).toThrow(/^TensorFlow: no such op$/);
    expect(() => binding.executeOp("BadInput", [], [input], 1)).toThrow("TensorFlow: bad input");
    expect(() => binding.executeOp("Any", [], [input, 1000], 1)).toThrow("There is no tensor 1000.");
    expect(() => binding.executeOp("Any", [{ name: "shape", type: binding.TF_ATTR_SHAPE, value: [1, 1, 1, 1, 1] }], [input], 1)).toThrow("TensorFlow: bad shape");
    expect(() => binding.executeOp("Any", [{ name: "odd", type: 17, value: 1 }], [input], 1)).toThrow("Attribute odd has the type 17");
    expect(() => binding.executeOp("Fails", [], [input], 1)).toThrow("TensorFlow: it fails");
    expect(() => binding.executeOp("NoShape", [], [input], 3)).toThrow("TensorFlow: no shape");
    expect(() => binding.executeOp("OutOfMemory", [], [input], 1)).toThrow(
      new UserError("TensorFlow ran out of memory (OOM when allocating tensor): choose shorter sequences, or another device."),
    );
    expect(alive()).toBe(2);
    expect(binding.getNumOfTensors()).toBe(2);

    // A fault leaves nothing in the status: what comes after it works.
    const outputs = binding.executeOp("One", [], [input], 2);
    expect(outputs).toEqual([{ id: outputs[0]!.id, shape: [], dtype: float32 }]);
    expect(binding.tensorDataSync(input)).toEqual(new Float32Array([1, 2]));
    for (const id of [input, unreadable, outputs[0]!.id]) binding.deleteTensor(id);
    expect(alive()).toBe(0);
    expect(() => { binding.deleteTensor(input); }).toThrow(`There is no tensor ${input}.`);
    expect(() => binding.loadSavedModel("", "")).toThrow("SavedModels are not supported over libtensorflow.");
  });

  it("goes to the GPU, but for integers", async () => {
    const path = compileStub(at("gpu.so"), "GPUS=1");
    const { binding, hardware } = await openLibrary(path, undefined, { gpu: 0 });
    expect(hardware).toMatch(/^[^\n]+$/);
    const library = koffi.load(path);
    const [alive, copied] = ["stub_alive", "stub_copied"].map((name) => library.func(`int ${name}()`) as () => number);
    expect(binding.isUsingGpuDevice()).toBe(true);
    binding.createTensor([2], int32, new Int32Array(2));
    expect([copied!(), alive!()]).toEqual([0, 1]);
    binding.createTensor([2], float32, new Float32Array(2));
    expect([copied!(), alive!()]).toEqual([1, 2]);
    expect(() => binding.createTensor([8], float32, new Float32Array(8))).toThrow("TensorFlow: no good");
    expect([copied!(), alive!()]).toEqual([2, 2]);
  });
});

describe("CUDA's libraries beside TensorFlow in site-packages", () => {
  it("are found without LD_LIBRARY_PATH, whichever needs which", async () => {
    const packages = at("site-packages");
    const library = (name: string, file: string) => join(packages, "nvidia", name, "lib", file);
    // The first by name needs the last, which is not where the system would look.
    const last = compileSource(library("znvjitlink", "libstubjit.so.12"), "int jit(void) { return 1; }", "-Wl,-soname,libstubjit.so.12");
    compileSource(library("cublas", "libstubcudart.so.12"), "int jit(void); int runtime(void) { return jit(); }", "-Wl,-soname,libstubcudart.so.12", last);
    compileSource(
      library("driver", "libcuda.so.1"),
      '#include <stdio.h>\nint cuInit(unsigned f) { return 0; } int cuDeviceGetCount(int *n) { return (*n = 4) < 0; } int cuDeviceGetName(char *name, int n, int i) { return snprintf(name, n, "Stub GPU %d", i) < 0; }',
      "-Wl,-soname,libcuda.so.1",
    );
    mkdirSync(join(packages, "nvidia", "empty"));
    writeFileSync(library("driver", "libbroken.so.1"), "broken");
    const core = compileStub(join(packages, "tensorflow", "libtensorflow_cc.so.2"), "GPUS=4", 'CUDART="libstubcudart.so.12"');
    const { binding, hardware } = await openLibrary(core, undefined, { gpu: 3 });
    expect(binding.isUsingGpuDevice()).toBe(true);
    expect(hardware).toBe("Stub GPU 3");
  });

  it("are missed where they are not", async () => {
    const core = compileStub(at("bare/tensorflow/libtensorflow_cc.so.2"), "GPUS=4", 'CUDART="libnowhere.so.12"');
    const { binding, hardware } = await openLibrary(core, undefined, {});
    expect(binding.isUsingGpuDevice()).toBe(false);
    expect(hardware).toBeUndefined();
  });
});
