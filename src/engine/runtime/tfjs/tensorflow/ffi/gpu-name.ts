import type { Koffi } from "./koffi";

const driver = process.platform === "win32" ? "nvcuda.dll" : "libcuda.so.1";

/**
 * Name of an NVIDIA GPU, as its driver has it: TensorFlow's C API tells numbers only.
 * @param index counts as TensorFlow does, among the GPUs that CUDA_VISIBLE_DEVICES leaves.
 * @param library the driver's.
 * @returns undefined where there is no such driver or GPU.
 */
export function gpuName(koffi: Koffi, index: number, library = driver): string | undefined {
  try {
    const cuda = koffi.load(library);
    const initialise = cuda.func("int cuInit(unsigned int flags)");
    const nameOf = cuda.func("int cuDeviceGetName(void *name, int bytes, int device)");
    const name = Buffer.alloc(256);
    if (initialise(0) !== 0 || nameOf(name, name.length, index) !== 0) return undefined;
    return name.toString("utf8", 0, name.indexOf(0));
  } catch {
    return undefined;
  }
}
