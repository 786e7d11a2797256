import { expect, test } from "vitest";
import { onnxDevices } from "../../../../src/engine/runtime/onnxruntime";

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
