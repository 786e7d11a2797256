import util from "node:util";
import { engine, registerBackend, removeBackend, setBackend } from "@tensorflow/tfjs-core";
import { NodeJSKernelBackend } from "@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js";
import "@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js";
import type { TFJSBinding } from "@tensorflow/tfjs-node-gpu/dist/tfjs_binding";
import { UserError } from "../../../../shared/errors";
import type { RuntimeOptions } from "../../runtime";
import type { TfjsBackend } from "../backend";
import { openAddon } from "./addon";
import type { Tensorflow } from "./binding";
import { prepareEnvironment } from "./environment";
import { openLibrary } from "./ffi/open";
import { findTensorflow, type TensorflowFiles } from "./find";
import { thisMachine } from "./machine";

const device = "tensorflow";

/** What is open in this thread: a process can hold one libtensorflow only. */
let opened: { readonly path: string; readonly backend: TfjsBackend } | undefined;

/**
 * Opens TensorFlow, and makes it the backend of TensorFlow.js: through tfjs-node's addon where one is built, else through libtensorflow's C API. Another
 * call in the same thread gives the same backend, opened with the options of the first.
 * @throws UserError where there is none that can be loaded, or another one is open already.
 */
export async function openTensorflow(options: RuntimeOptions, machine = thisMachine()): Promise<TfjsBackend> {
  const candidates = findTensorflow(options, machine);
  if (opened !== undefined) {
    if (!candidates.some((files) => pathOf(files) === opened?.path)) throw new UserError(`TensorFlow is open from ${opened.path} already: a process can hold only one.`);
    await setBackend(device);
    return opened.backend;
  }
  prepareEnvironment(options);
  const { path, tensorflow } = await openFirst(candidates, options);
  opened = { path, backend: await useTensorflow(tensorflow) };
  return opened.backend;
}

/** Makes an open TensorFlow the backend of TensorFlow.js, in place of one that was there. */
export async function useTensorflow({ binding, hardware }: Tensorflow): Promise<TfjsBackend> {
  replaceUtil();
  if (engine().backendNames().includes(device)) removeBackend(device);
  // The kernels ask nothing of the two classes that the binding lacks.
  registerBackend(device, () => new NodeJSKernelBackend(binding as unknown as TFJSBinding, "@tensorflow/tfjs-node-gpu"));
  await setBackend(device);
  return { device, version: binding.TF_Version, ...(hardware !== undefined && { hardware }) };
}

async function openFirst([files, ...others]: readonly [TensorflowFiles, ...TensorflowFiles[]], options: RuntimeOptions): Promise<{ path: string; tensorflow: Tensorflow }> {
  try {
    return { path: pathOf(files), tensorflow: files.kind === "addon" ? await openAddon(files.addon, options) : await openLibrary(files.core, files.framework, options) };
  } catch (error) {
    const [next, ...rest] = others;
    if (next === undefined) throw error;
    return openFirst([next, ...rest], options);
  }
}

function pathOf(files: TensorflowFiles): string {
  return files.kind === "addon" ? files.addon : files.core;
}

/** The kernels call functions that Node 22 warns of and Node 23 removed: https://github.com/tensorflow/tfjs/issues/8609. */
function replaceUtil(): void {
  const functions: Partial<Record<"isArray" | "isNullOrUndefined", (value: unknown) => boolean>> = util;
  functions.isArray = Array.isArray;
  functions.isNullOrUndefined = (value) => value === null || value === undefined;
}
