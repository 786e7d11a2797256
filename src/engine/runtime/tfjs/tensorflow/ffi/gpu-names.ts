import type { Koffi } from "./koffi";

const driver = process.platform === "win32" ? "nvcuda.dll" : "libcuda.so.1";

/**
 * Names of the NVIDIA GPUs that CUDA_VISIBLE_DEVICES leaves, as their driver has them and in TensorFlow's order: its C API tells numbers only. None where
 * there is no driver.
 */
export function gpuNames(koffi: Koffi): string[] {
  try {
    const cuda = koffi.load(driver);
    const initialise = cuda.func("int cuInit(unsigned int flags)") as (flags: number) => number;
    const countInto = cuda.func("int cuDeviceGetCount(void *count)") as (count: Int32Array) => number;
    const count = new Int32Array(1);
    if (initialise(0) !== 0 || countInto(count) !== 0) return [];
    const nameInto = cuda.func("int cuDeviceGetName(void *name, int bytes, int device)") as (name: Uint8Array, bytes: number, device: number) => number;
    return Array.from({ length: count[0]! }, (_, index) => {
      const name = Buffer.alloc(256);
      return nameInto(name, name.length, index) === 0 ? name.toString("utf8", 0, name.indexOf(0)) : `GPU ${index}`;
    });
  } catch {
    return [];
  }
}
