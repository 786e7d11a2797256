import type { Koffi, Library } from "./koffi";

/**
 * Loads a shared library for as long as the process lives. Left to itself, koffi unloads it when the thread or the process ends, and the process crashes on
 * what TensorFlow has asked to be called at exit. Its names are not made known to other libraries: TensorFlow holds much that they have versions of their
 * own of.
 * @throws where the system refuses.
 */
export function loadForGood(koffi: Koffi, path: string): Library {
  const library = koffi.load(path);
  if (process.platform === "win32") openAgainOnWindows(koffi, path);
  else openAgain(koffi, path);
  return library;
}

function openAgain(koffi: Koffi, path: string): void {
  const lazy = 1;
  const noDelete = process.platform === "darwin" ? 0x80 : 0x1000;
  koffi.load(null).func("void *dlopen(const char *path, int flags)")(path, lazy | noDelete);
}

function openAgainOnWindows(koffi: Koffi, path: string): void {
  koffi.load("kernel32.dll").func("void *LoadLibraryW(const char16_t *path)")(path);
}
