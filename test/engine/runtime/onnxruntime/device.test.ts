import { listSupportedBackends } from "onnxruntime-node";
import { expect, test } from "vitest";
import { openOnnxRuntime } from "../../../../src/engine/runtime/onnxruntime";
import type { OnnxDevice } from "../../../../src/engine/runtime/onnxruntime/device";
import { missingFor } from "../../../../src/engine/runtime/onnxruntime/package";

const devices: readonly OnnxDevice[] = ["cpu", "cuda", "dml", "coreml", "webgpu"];

test("what the files tell is what the binary itself says", () => {
  const bundled = listSupportedBackends().filter((backend) => backend.bundled).map(({ name }) => name);
  expect(devices.filter((device) => missingFor(device) === undefined).filter((device) => device !== "cuda").sort()).toEqual(bundled.filter((name) => devices.some((device) => device === name)).sort());
});

test("what is missing is said in words", () => {
  for (const device of devices) expect(missingFor(device) ?? "a sentence about nothing").toMatch(/^\S.{15,}$/);
});

test("a GPU is not ignored where it can't be chosen", () => {
  expect(() => openOnnxRuntime({ gpu: 1 }, "webgpu")).toThrow("onnxruntime can't be told to take GPU 1 on webgpu");
  expect(openOnnxRuntime({ gpu: 0 }, "webgpu")).toMatchObject({ name: "onnxruntime", device: "webgpu" });
});
