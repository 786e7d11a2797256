import { messageOf, UserError } from "../../../../shared/errors";
import type { RuntimeOptions } from "../../runtime";
import type { Binding, Tensorflow } from "./binding";
import { withVisibleGpu } from "./environment";
import { gpuNames } from "./ffi/gpu-names";
import { type Koffi, loadKoffi } from "./ffi/koffi";
import { quietly } from "./ffi/quiet";

/**
 * Loads the native addon of tfjs-node or tfjs-node-gpu, with the libtensorflow that it was linked to.
 * @throws UserError where it can't be loaded, or lacks the GPU that is asked for.
 */
export async function openAddon(path: string, { gpu }: RuntimeOptions): Promise<Tensorflow> {
  const koffi = await koffiOrNone();
  const load = (): Binding => withVisibleGpu(gpu, () => loadAddon(path));
  const binding = koffi === undefined ? load() : quietly(koffi, load);
  if (!binding.isUsingGpuDevice()) {
    if (gpu !== undefined) throw new UserError(`GPU ${gpu} was asked for, but the TensorFlow of ${path} finds none of that number.`);
    return { binding };
  }
  // The addon takes the last GPU in sight; where one is asked for, that is the only one.
  const lastGpu = koffi === undefined ? undefined : gpuNames(koffi).at(-1);
  return { binding, hardware: lastGpu ?? "GPU" };
}

function loadAddon(path: string): Binding {
  const addon: { exports: Partial<Binding> } = { exports: {} };
  try {
    process.dlopen(addon, path);
  } catch (error) {
    throw new UserError(`The addon ${path} can't be loaded (${reasonOf(error, path)}): build it anew for this Node, with npm rebuild @tensorflow/tfjs-node-gpu --build-addon-from-source.`, { cause: error });
  }
  if (!isBinding(addon.exports)) throw new UserError(`${path} is no addon of tfjs-node.`);
  return addon.exports;
}

/** Node's first sentence, which may be broken into lines, without the path. */
function reasonOf(error: unknown, path: string): string {
  const message = messageOf(error).replace(`${path}: `, "").replace(`The module '${path}'`, "it").replace(`: '${path}'`, "").replace(/\s+/g, " ");
  return message.split(". ")[0]!.replace(/\.$/, "");
}

function isBinding(exports: Partial<Binding>): exports is Binding {
  return typeof exports.executeOp === "function" && typeof exports.TF_Version === "string";
}

/** The addon runs without koffi, if less quietly. */
async function koffiOrNone(): Promise<Koffi | undefined> {
  try {
    return await loadKoffi();
  } catch {
    return undefined;
  }
}
