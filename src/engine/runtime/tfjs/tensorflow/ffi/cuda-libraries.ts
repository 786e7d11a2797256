import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Koffi } from "./koffi";
import { loadForGood } from "./shared-library";

/**
 * Loads the CUDA libraries that `pip install tensorflow[and-cuda]` puts beside TensorFlow, in nvidia/NAME/lib of site-packages. TensorFlow opens them
 * by bare name: those that are in memory are found, and nobody has to set LD_LIBRARY_PATH.
 * @param tensorflow the folder of TensorFlow's own libraries.
 */
export function preloadCudaLibraries(koffi: Koffi, tensorflow: string): void {
  if (process.platform !== "linux") return;
  let waiting = cudaLibraries(join(dirname(tensorflow), "nvidia"));
  // Some need others, in an order that no file tells: again and again, until no more can be loaded.
  for (let before = Infinity; waiting.length < before; ) {
    before = waiting.length;
    waiting = waiting.filter((path) => !couldLoad(koffi, path));
  }
}

function cudaLibraries(nvidia: string): string[] {
  return namesIn(nvidia).flatMap((name) => {
    const folder = join(nvidia, name, "lib");
    return namesIn(folder)
      .filter((file) => /\.so(\.\d+)+$/.test(file))
      .map((file) => join(folder, file));
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function couldLoad(koffi: Koffi, path: string): boolean {
  try {
    loadForGood(koffi, path);
    return true;
  } catch {
    return false;
  }
}
