import { dirname } from "node:path";
import { messageOf, UserError } from "../../../../../shared/errors";
import { faultOf } from "../../../shared-library-fault";
import { preloadCudaLibraries } from "./cuda-libraries";
import type { Koffi, Library } from "./koffi";
import { quietly, silenceLog } from "./quiet";
import { loadForGood } from "./shared-library";

/**
 * Loads TensorFlow's shared libraries.
 * @param core has the C API, or most of it.
 * @param framework has the rest, where there is one.
 * @throws UserError where one can't be loaded.
 */
export function loadTensorflow(koffi: Koffi, core: string, framework: string | undefined): readonly Library[] {
  preloadCudaLibraries(koffi, dirname(core));
  if (framework === undefined) return [loadChecked(koffi, core)];
  const frameworkLibrary = loadChecked(koffi, framework);
  silenceLog(frameworkLibrary);
  return [loadChecked(koffi, core), frameworkLibrary];
}

function loadChecked(koffi: Koffi, path: string): Library {
  const fault = faultOf(path);
  if (fault !== undefined) throw new UserError(`${path} can't be loaded: ${fault}.`);
  try {
    return quietly(koffi, () => loadForGood(koffi, path));
  } catch (error) {
    throw new UserError(`${path} can't be loaded: ${systemsReason(path, error)}.`, { cause: error });
  }
}

/** The system's words, without the path that it says once more and what koffi says before it. */
function systemsReason(path: string, error: unknown): string {
  return messageOf(error).replace(/^Failed to load shared library: /, "").replace(`${path}: `, "").replace(/\s+/g, " ").replace(/\.?\s*$/, "");
}
