import { admits, engineLabel, type EngineName } from "../../shared/engines";
import { messageOf, UserError } from "../../shared/errors";
import type { OnnxDevice } from "./onnxruntime/device";
import { missingFor } from "./onnxruntime/package";
import type { Runtime, RuntimeOptions } from "./runtime";
import type { TfjsDevice } from "./tfjs/tfjs";
import { findTensorflow, libtensorflowFiles } from "./tfjs/tensorflow/find";

/** A runtime on one of its devices, before it is opened. */
export interface Engine extends EngineName {
  /** True where it is taken only when nothing else works, unless it is asked for. */
  readonly lastResort?: true;
  /** True where nothing can hang or crash, so that it needs no proof before it is used. */
  readonly trusted?: true;
  /** What is missing on this machine, where that can be told without trying. */
  readonly missing?: (options: RuntimeOptions) => string | undefined;
  /** Files that it is made of beside NormLens; where one changes, it has to prove itself anew. */
  readonly files?: (options: RuntimeOptions) => readonly string[];
  /** @throws where it can't run on this machine. */
  open(options: RuntimeOptions): Promise<Runtime>;
}

/** Every engine; of two that are equally fast, the first is taken. */
export const engines: readonly Engine[] = [
  onnxruntime("cuda"),
  tfjs("tensorflow", { missing: missingTensorflow, files: libtensorflowFiles }),
  onnxruntime("dml"),
  onnxruntime("coreml"),
  onnxruntime("webgpu"),
  onnxruntime("cpu", { trusted: true }),
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
  const matching = from.filter((engine) => admits(wish, engine));
  if (matching.length > 0) return matching;
  const asked = wish.runtime === "auto" ? ` on "${wish.device}"` : ` "${wish.runtime}"${wish.device === "auto" ? "" : ` on "${wish.device}"`}`;
  throw new UserError(`There is no engine${asked}; this version has ${from.map(engineLabel).join(", ")}.`);
}

function onnxruntime(device: OnnxDevice, more: Partial<Engine> = {}): Engine {
  return { runtime: "onnxruntime", device, ...more, missing: () => missingFor(device), open: async (options) => (await import("./onnxruntime")).openOnnxRuntime(options, device) };
}

function tfjs(device: TfjsDevice, more: Partial<Engine>): Engine {
  return { runtime: "tfjs", device, ...more, open: async (options) => (await import("./tfjs/tfjs")).openTfjs(device, options) };
}

/** That there is no libtensorflow, in words; a process would say no more. */
function missingTensorflow(options: RuntimeOptions): string | undefined {
  try {
    findTensorflow(options);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
