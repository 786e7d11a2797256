import { existsSync } from "node:fs";
import { join } from "node:path";
import { setWasmPaths, version_wasm } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import type { TfjsBackend } from "./backend";

/** WebAssembly memory ends at 4 GiB, where the module dies instead of refusing; what it needs beside tensors is left free. */
const memoryLimit = 3.5 * 2 ** 30;

/** tfjs in WebAssembly, on one thread of the processor. */
export async function openWasm(): Promise<TfjsBackend> {
  // A build has the binaries beside it; from source, the package finds its own.
  const folder = join(__dirname, "tfjs-wasm");
  if (existsSync(folder)) setWasmPaths(`${folder}/`);
  if (!(await tf.setBackend("wasm"))) throw new Error("WebAssembly can't be started here");
  return { device: "wasm", version: version_wasm, memoryLimit, naiveSums: true, slowTransposeB: true };
}
