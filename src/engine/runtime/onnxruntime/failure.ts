import { messageOf } from "../../../shared/errors";
import type { OnnxDevice } from "./device";

/** What each platform's WebGPU computes through. */
const graphicsApis: Partial<Record<NodeJS.Platform, string>> = { linux: "Vulkan", win32: "Direct3D 12", darwin: "Metal" };

/** What onnxruntime's messages mean; the first that fits holds. */
const meanings: readonly (readonly [pattern: RegExp, meaning: string])[] = [
  [/Failed to get a WebGPU (adapter|device)/, `it finds no GPU that ${graphicsApis[process.platform] ?? "WebGPU"} can use: install or update the GPU's driver${process.platform === "linux" ? " and Vulkan's loader (libvulkan1)" : ""}`],
  [/_Cuda: Failed to load shared library|providers_cuda/, "its CUDA library, or the CUDA and cuDNN libraries that it needs, can't be loaded"],
  [/max buffer size limit|Invalid Buffer|Failed to download data from buffer|out of (device )?memory|OUT_OF_(DEVICE_)?MEMORY|OUTOFMEMORY|ALLOC_FAILED|Failed to allocate memory|8007000E/i, "the GPU has no room for a weight or a value of this model, or takes none of that size"],
  [/device (is|was)? ?lost|DEVICE_LOST|887A000[567]/i, "the GPU's driver gave up the work"],
];

/** A failure in one sentence; onnxruntime's own words are its cause. */
export function explained(error: unknown, device: OnnxDevice): unknown {
  const message = messageOf(error);
  if (device === "cpu") return new Error(plainly(message.split("\n")[0]!), { cause: error });
  if (message.includes("backend not found")) return new Error(`its binary for ${process.platform}-${process.arch} can't compute on ${device}`, { cause: error });
  const meaning = meanings.find(([pattern]) => pattern.test(message))?.[1];
  return new Error(meaning ?? plainly(message.split("\n")[0]!), { cause: error });
}

/** What names the node that failed: operator, name, and what was wrong. */
const ofNode = /^Non-zero status code returned while running (\S+) node\. Name:'([^']*)' Status Message: (.*)$/;

/** onnxruntime's words, without its own terms and places in its own code. */
function plainly(line: string): string {
  const [, operator, name, wrong] = ofNode.exec(line) ?? [];
  if (operator !== undefined) return `its node ${name ? `"${name}" (${operator})` : operator} failed: ${withoutPlace(wrong!)}`;
  return withoutPlace(line);
}

/** Without the file, line and function of onnxruntime that its messages begin with. */
function withoutPlace(line: string): string {
  return line.replace(/^\S*\.(?:cc|h|cpp):\d+ (?:.*? was false\. |[\w:<>&* ]*::\w+\(.*?\) (?:const )?|\w+ )/, "");
}
