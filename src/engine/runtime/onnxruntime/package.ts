import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { faultOf } from "../shared-library-fault";
import type { OnnxDevice } from "./device";

/** The devices that each platform's binary has code for, as onnxruntime-node 1.30.0 comes from npm. */
const devicesOfPlatform: Readonly<Record<string, readonly OnnxDevice[]>> = {
  "linux-x64": ["cpu", "webgpu"],
  "linux-arm64": ["cpu"],
  "darwin-arm64": ["cpu", "coreml", "webgpu"],
  "win32-x64": ["cpu", "dml", "webgpu"],
  "win32-arm64": ["cpu", "dml", "webgpu"],
};

/** Names of the library that does the work. */
const libraryNames: Partial<Record<NodeJS.Platform, string>> = { linux: "libonnxruntime.so.1", darwin: "libonnxruntime.1.dylib", win32: "onnxruntime.dll" };

/** Where a device that the platform's binary lacks is to be had. */
const elsewhere: Partial<Record<OnnxDevice, string>> = {
  dml: "it computes on the GPUs of Windows only",
  coreml: "it computes on the GPUs of macOS on Apple silicon only",
  cuda: "onnxruntime-node comes without its CUDA provider: put the library libonnxruntime_providers_cuda of onnxruntime 1.30.0 beside its binding",
};

/**
 * What keeps onnxruntime from computing on a device here, told from its files alone: a damaged library would take the process down that loads it.
 * Undefined where nothing does; whether the machine has such a GPU shows when it is tried.
 */
export function missingFor(device: OnnxDevice): string | undefined {
  const platform = `${process.platform}-${process.arch}`;
  const folder = binaryFolder();
  if (folder === undefined) return "the package onnxruntime-node is not installed here";
  if (!existsSync(folder)) return `onnxruntime has no binary for ${platform} here`;
  const library = join(folder, libraryNames[process.platform] ?? "");
  const fault = existsSync(library) ? faultOf(library) : "it is not there: install NormLens again";
  if (fault !== undefined) return `${library} can't be loaded: ${fault}`;
  if (device === "cuda" && hasCudaProvider(folder)) return undefined;
  return devicesOfPlatform[platform]?.includes(device) === true ? undefined : (elsewhere[device] ?? `onnxruntime's binary for ${platform} comes without it`);
}

/** Whoever has put it beside the binding has CUDA. */
function hasCudaProvider(folder: string): boolean {
  return existsSync(join(folder, process.platform === "win32" ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so"));
}

/** Where the binding of this platform should be; undefined where there is no package. */
function binaryFolder(): string | undefined {
  try {
    return join(dirname(createRequire(__filename).resolve("onnxruntime-node/package.json")), "bin", "napi-v6", process.platform, process.arch);
  } catch {
    return undefined;
  }
}
