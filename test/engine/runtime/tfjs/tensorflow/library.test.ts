import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findLibtensorflow } from "../../../../../scripts/libtensorflow.mjs";
import type { Binding } from "../../../../../src/engine/runtime/tfjs/tensorflow/binding";
import { openLibrary } from "../../../../../src/engine/runtime/tfjs/tensorflow/ffi/open";
import { findTensorflow, libtensorflowFiles, type TensorflowFiles } from "../../../../../src/engine/runtime/tfjs/tensorflow/find";
import { thisMachine } from "../../../../../src/engine/runtime/tfjs/tensorflow/machine";
import { openTensorflow, useTensorflow } from "../../../../../src/engine/runtime/tfjs/tensorflow/tensorflow";
import { UserError } from "../../../../../src/shared/errors";
import { expectClose } from "./close";
import { kernels, valuesOn } from "./kernels";

const libtensorflow = findLibtensorflow();
let binding: Binding;

beforeAll(async () => {
  if (libtensorflow === undefined) return;
  const [files] = findTensorflow({ libtensorflow });
  const tensorflow = await openFiles(files);
  await useTensorflow(tensorflow);
  binding = tensorflow.binding;
});
beforeEach(({ skip }) => {
  if (libtensorflow === undefined) skip("no libtensorflow");
});

async function openFiles(files: TensorflowFiles): ReturnType<typeof openLibrary> {
  if (files.kind === "addon") throw new Error("An addon was found instead of libtensorflow.");
  return openLibrary(files.core, files.framework, { threads: 2 });
}

describe("libtensorflow computes what TensorFlow.js does", () => {
  it.each(Object.entries(kernels))("%s", async (_, op) => {
    expectClose(await valuesOn("tensorflow", op), await valuesOn("cpu", op));
  });

  it("keeps nothing that was let go", async () => {
    const before = binding.getNumOfTensors();
    for (const op of Object.values(kernels)) await valuesOn("tensorflow", op);
    expect(binding.getNumOfTensors()).toBe(before);
  });
});

describe("the binding", () => {
  const one = (name: string, attributes: Parameters<Binding["executeOp"]>[1], inputs: number[]) => binding.executeOp(name, attributes, inputs, 1)[0]!;
  const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });

  it("hands over every type of number", () => {
    for (const [dtype, values] of [
      [binding.TF_FLOAT, new Float32Array([1.5, -2])],
      [binding.TF_INT32, new Int32Array([-1, 2 ** 31 - 1])],
      [binding.TF_UINT8, new Uint8Array([0, 255])],
      [binding.TF_BOOL, new Uint8Array([0, 1])],
    ] as const) {
      const id = binding.createTensor([2], dtype, values);
      expect(binding.tensorDataSync(id)).toEqual(values);
      binding.deleteTensor(id);
    }
    // As tfjs-node writes int64: pairs of int32.
    const wide = binding.createTensor([2], binding.TF_INT64, new Int32Array([5, 0, -5, -1]));
    expect(binding.tensorDataSync(wide)).toEqual(new BigInt64Array([5n, -5n]));
    const complex = binding.createTensor([1], binding.TF_COMPLEX64, new Float32Array([1, 2]));
    expect(binding.tensorDataSync(complex)).toEqual(new Float32Array([1, 2]));
    // A part of a larger buffer.
    const part = binding.createTensor([2], binding.TF_FLOAT, new Float32Array([0, 1, 2, 3]).subarray(1, 3));
    expect(binding.tensorDataSync(part)).toEqual(new Float32Array([1, 2]));
    const none = binding.createTensor([0, 3], binding.TF_FLOAT, new Float32Array(0));
    expect(binding.tensorDataSync(none)).toEqual(new Float32Array(0));
    for (const id of [wide, complex, part, none]) binding.deleteTensor(id);
  });

  it("sets attributes of every type", () => {
    const before = binding.getNumOfTensors();
    const x = binding.createTensor([1, 1, 4], binding.TF_FLOAT, new Float32Array([1, 2, 3, 4]));
    const named = one("Identity", [type("T", binding.TF_FLOAT)], [x]);
    const squeezed = one("Squeeze", [type("T", binding.TF_FLOAT), { name: "squeeze_dims", type: binding.TF_ATTR_INT, value: [0, 1] }], [x]);
    expect(squeezed.shape).toEqual([4]);
    const placed = one("EnsureShape", [type("T", binding.TF_FLOAT), { name: "shape", type: binding.TF_ATTR_SHAPE, value: [4] }], [squeezed.id]);
    expect(placed.shape).toEqual([4]);
    const leaky = one("LeakyRelu", [type("T", binding.TF_FLOAT), { name: "alpha", type: binding.TF_ATTR_FLOAT, value: 0.5 }], [placed.id]);
    const most = one("ArgMax", [type("T", binding.TF_FLOAT), type("Tidx", binding.TF_INT32), type("output_type", binding.TF_INT64)], [leaky.id, binding.createTensor([], binding.TF_INT32, new Int32Array(1))]);
    expect(binding.tensorDataSync(most.id)).toEqual(new BigInt64Array([3n]));
    const padded = one("MaxPool", [
      type("T", binding.TF_FLOAT),
      { name: "ksize", type: binding.TF_ATTR_INT, value: [1, 1, 2, 1] },
      { name: "strides", type: binding.TF_ATTR_INT, value: [1, 1, 2, 1] },
      { name: "padding", type: binding.TF_ATTR_STRING, value: "VALID" },
    ], [one("Reshape", [type("T", binding.TF_FLOAT), type("Tshape", binding.TF_INT32)], [x, binding.createTensor([4], binding.TF_INT32, new Int32Array([1, 1, 4, 1]))]).id]);
    expect(binding.tensorDataSync(padded.id)).toEqual(new Float32Array([2, 4]));
    const summed = binding.executeOp("Sum", [type("T", binding.TF_FLOAT), type("Tidx", binding.TF_INT32), { name: "keep_dims", type: binding.TF_ATTR_BOOL, value: true }],
      [x, binding.createTensor([1], binding.TF_INT32, new Int32Array([2]))], 1)[0]!;
    expect(summed.shape).toEqual([1, 1, 1]);
    const buckets = one("Bucketize", [type("T", binding.TF_FLOAT), { name: "boundaries", type: binding.TF_ATTR_FLOAT, value: [1.5, 3.5] }], [named.id]);
    expect(binding.tensorDataSync(buckets.id)).toEqual(new Int32Array([0, 1, 1, 2]));
    for (let id = x; id <= buckets.id; id++) binding.deleteTensor(id);
    expect(binding.getNumOfTensors()).toBe(before);
  });

  it("says in one line what an op has against its call", () => {
    const x = binding.createTensor([2, 3], binding.TF_FLOAT, new Float32Array(6));
    const before = binding.getNumOfTensors();
    expect(() => one("NoSuchOp", [], [x])).toThrow(/^TensorFlow: 'NoSuchOp' is neither [^\n{}]*$/);
    expect(() => one("MatMul", [type("T", binding.TF_FLOAT)], [x, x])).toThrow(/^TensorFlow: Matrix size-incompatible: In\[0\]: \[2,3\], In\[1\]: \[2,3\]/);
    expect(binding.getNumOfTensors()).toBe(before);
    binding.deleteTensor(x);
  });
});

describe("another way to the same library", () => {
  it("is the C archive's: lib/libtensorflow.so.2", async ({ skip, onTestFinished }) => {
    if (process.platform !== "linux") skip("its names are Linux's");
    const archive = mkdtempSync(join(tmpdir(), "normlens-archive-"));
    onTestFinished(() => { rmSync(archive, { recursive: true }); });
    const [core, framework] = libtensorflowFiles({ libtensorflow });
    mkdirSync(join(archive, "lib"));
    symlinkSync(core!, join(archive, "lib/libtensorflow.so.2"));
    symlinkSync(framework!, join(archive, "lib/libtensorflow_framework.so.2"));
    const [files] = findTensorflow({ libtensorflow: archive });
    expect(files).toEqual({ kind: "library", core: join(archive, "lib/libtensorflow.so.2"), framework: join(archive, "lib/libtensorflow_framework.so.2") });
    const { binding: second } = await openFiles(files);
    const id = second.createTensor([2], second.TF_FLOAT, new Float32Array([3, -4]));
    const [output] = second.executeOp("Abs", [{ name: "T", type: second.TF_ATTR_TYPE, value: second.TF_FLOAT }], [id], 1);
    expect(second.tensorDataSync(output!.id)).toEqual(new Float32Array([3, 4]));
    expect(second.TF_Version).toBe(binding.TF_Version);
  });

  it("opens once, where the package's own addon can't be loaded", async ({ onTestFinished }) => {
    const ownPackage = mkdtempSync(join(tmpdir(), "normlens-package-"));
    onTestFinished(() => { rmSync(ownPackage, { recursive: true }); });
    mkdirSync(join(ownPackage, "lib/napi-v8"), { recursive: true });
    writeFileSync(join(ownPackage, "lib/napi-v8/tfjs_binding.node"), "garbage");
    const environment = { VIRTUAL_ENV: dirname(libtensorflowFiles({ libtensorflow })[0]!) };
    const backend = await openTensorflow({}, { ...thisMachine(), ownPackage, environment });
    expect(backend).toEqual({ device: "tensorflow", version: binding.TF_Version });
    expect(await openTensorflow({ libtensorflow })).toBe(backend);
    await expect(openTensorflow({ libtensorflow: import.meta.filename })).rejects.toThrow(UserError);
    await expect(openTensorflow({ libtensorflow: import.meta.filename })).rejects.toThrow(/^TensorFlow is open from .* already: a process can hold only one\.$/);
  });

  it("refuses a GPU that is not there", async () => {
    const [core, framework] = libtensorflowFiles({ libtensorflow });
    // 99, so that it holds on a machine with GPUs as well.
    await expect(openLibrary(core!, framework, { gpu: 99 })).rejects.toThrow(/^GPU 99 was asked for, but /);
  });
});
