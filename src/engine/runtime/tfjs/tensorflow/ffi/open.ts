import type { RuntimeOptions } from "../../../runtime";
import type { Tensorflow } from "../binding";
import { newBinding } from "./binding";
import { openDevices, switchTf32 } from "./devices";
import { declareFunctions } from "./functions";
import { gpuNames } from "./gpu-names";
import { loadKoffi } from "./koffi";
import { loadTensorflow } from "./library";
import { openMemory } from "./memory";
import { newStatus } from "./status";

/**
 * Opens libtensorflow through its C API, without an addon.
 * @throws UserError where the libraries can't be loaded, are no TensorFlow 2, or lack the GPU that is asked for.
 */
export async function openLibrary(core: string, framework: string | undefined, options: RuntimeOptions): Promise<Tensorflow> {
  const koffi = await loadKoffi();
  const libraries = loadTensorflow(koffi, core, framework);
  const { version, functions } = declareFunctions(libraries, core);
  const status = newStatus(functions);
  switchTf32(libraries, options.tf32 ?? false);
  const devices = openDevices(functions, status, options);
  const binding = newBinding(openMemory(koffi), functions, status, devices, version);
  const gpu = options.gpu ?? 0;
  return devices.isGpu ? { binding, hardware: gpuNames(koffi)[gpu] ?? `GPU ${gpu}` } : { binding };
}
