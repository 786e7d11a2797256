import { UserError } from "../../shared/errors";
import { engineLabel, type EngineName } from "../../shared/engines";
import type { OnnxDevice } from "./onnxruntime";
import type { Runtime, RuntimeOptions } from "./runtime";
import type { TfjsDevice } from "./tfjs/tfjs";
import { libtensorflowFiles } from "./tfjs/tensorflow/find";

/** A runtime on one of its devices, before it is opened. */
export interface Engine extends EngineName {
  /** True where it is taken only when nothing else works, unless it is asked for. */
  readonly lastResort?: true;
  /** True where nothing can hang or crash, so that it needs no proof before it is used. */
  readonly trusted?: true;
  /** What is missing on this machine, where that can be told without trying. */
  readonly missing?: (options: RuntimeOptions) => Promise<string | undefined>;
  /** Files that it is made of beside NormLens; where one changes, it has to prove itself anew. */
  readonly files?: (options: RuntimeOptions) => Promise<readonly string[]>;
  /** @throws where it can't run on this machine. */
  open(options: RuntimeOptions): Promise<Runtime>;
}

/** Every engine; of two that are equally fast, the first is taken. */
export const engines: readonly Engine[] = [
  onnxGpu("cuda"),
  tfjs("tensorflow", { files: (options) => Promise.resolve(libtensorflowFiles(options)) }),
  onnxGpu("dml"),
  onnxGpu("coreml"),
  onnxGpu("webgpu"),
  { runtime: "onnxruntime", device: "cpu", trusted: true, open: async (options) => (await loadOnnxRuntime()).openOnnxRuntime(options) },
  tfjs("wasm", { lastResort: true }),
  tfjs("cpu", { lastResort: true }),
];

/** @throws UserError where there is none of that name. */
export function findEngine(name: EngineName): Engine {
  return matchingEngines(name)[0]!;
}

/**
 * The engines that a wish admits; "auto" stands for any.
 * @throws UserError where there is none.
 */
export function matchingEngines(wish: EngineName, from: readonly Engine[] = engines): Engine[] {
  const matching = from.filter((engine) => (wish.runtime === "auto" || engine.runtime === wish.runtime) && (wish.device === "auto" || engine.device === wish.device));
  if (matching.length > 0) return matching;
  const asked = [wish.runtime === "auto" ? "" : ` "${wish.runtime}"`, wish.device === "auto" ? "" : ` with a device "${wish.device}"`].join("");
  throw new UserError(`There is no runtime${asked}; this version has ${from.map(engineLabel).join(", ")}.`);
}

/** onnxruntime on a GPU; not every platform's binary has code for every one. */
function onnxGpu(device: Exclude<OnnxDevice, "cpu">): Engine {
  return {
    runtime: "onnxruntime",
    device,
    missing: async () => ((await loadOnnxRuntime()).onnxDevices().includes(device) ? undefined : `onnxruntime's binary for ${process.platform}-${process.arch} comes without it`),
    open: async (options) => (await loadOnnxRuntime()).openOnnxRuntime(options, device),
  };
}

function tfjs(device: TfjsDevice, more: Partial<Engine>): Engine {
  return { runtime: "tfjs", device, ...more, open: async (options) => (await import("./tfjs/tfjs")).openTfjs(device, options) };
}

function loadOnnxRuntime() {
  return loaded(() => import("./onnxruntime"));
}

/** A runtime's module; where the package or its native part is not there, the error says so instead of naming files. */
async function loaded<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND") throw new Error(`it has no binary for ${process.platform}-${process.arch} here`, { cause: error });
    throw error;
  }
}
