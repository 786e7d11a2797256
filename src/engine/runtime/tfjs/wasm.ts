import { existsSync } from "node:fs";
import { join } from "node:path";
import { setWasmPaths, version_wasm } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import type { TfjsBackend } from "./backend";
import { refuseBeyondLimit } from "./memory-limit";

/** WebAssembly's memory ends at 4 GiB, and the kernels need some of it beside the tensors. */
const memoryLimit = 3.5 * 2 ** 30;

const wasm: TfjsBackend = { device: "wasm", version: version_wasm, memoryLimit, naiveSums: true, slowTransposeB: true, slowBatches: true };

let started: Promise<TfjsBackend> | undefined;

/** tfjs in WebAssembly, on one thread of the processor. */
export function openWasm(): Promise<TfjsBackend> {
  return (started ??= start());
}

async function start(): Promise<TfjsBackend> {
  // A build has the binaries beside it; from source, the package finds its own.
  const folder = join(__dirname, "tfjs-wasm");
  if (existsSync(folder)) setWasmPaths(`${folder}/`);
  if (!(await tf.setBackend(wasm.device))) throw new Error("WebAssembly can't be started here");
  refuseInTime(tf.backend());
  return wasm;
}

/** Where its memory ends, the module dies, and every later run with it: so each tensor is looked at before it gets its memory. */
function refuseInTime(backend: tf.KernelBackend): void {
  const move = backend.move.bind(backend);
  backend.move = (dataId, values, shape, dtype, refCount) => {
    refuseBeyondLimit(wasm, tf.util.sizeFromShape(shape) * tf.util.bytesPerElement(dtype));
    move(dataId, values, shape, dtype, refCount);
  };
}
