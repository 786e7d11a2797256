import { expect, test } from "vitest";
import { onnxDevices, openOnnxRuntime } from "../../../../src/engine/runtime/onnxruntime";

test("the devices are what the platform's binary has, the processor first", () => {
  const byPlatform: Partial<Record<string, string[]>> = {
    "linux-x64": ["cpu", "webgpu"],
    "linux-arm64": ["cpu"],
    "darwin-arm64": ["cpu", "coreml", "webgpu"],
    "win32-x64": ["cpu", "dml", "webgpu"],
    "win32-arm64": ["cpu", "dml", "webgpu"],
  };
  expect(onnxDevices().filter((device) => device !== "cuda")).toEqual(byPlatform[`${process.platform}-${process.arch}`]);
});

test("a GPU is not ignored where it can't be chosen", () => {
  expect(() => openOnnxRuntime({ gpu: 1 }, "webgpu")).toThrow("onnxruntime can't be told to take GPU 1 on webgpu");
  expect(openOnnxRuntime({ gpu: 0 }, "webgpu")).toMatchObject({ name: "onnxruntime", device: "webgpu" });
});
