import * as tf from "@tensorflow/tfjs-core";
import type { Runtime, RuntimeOptions } from "../runtime";
import type { TfjsBackend } from "./backend";
import { openCpu } from "./cpu";
import { inTurn } from "./current-backend";
import { openSession } from "./session";
import { openWasm } from "./wasm";

/** Every backend; a new one is one file and one line here. */
const backends = {
  tensorflow: async (options: RuntimeOptions): Promise<TfjsBackend> => (await import("./tensorflow/tensorflow")).openTensorflow(options),
  wasm: openWasm,
  cpu: openCpu,
} as const;

/** Devices of tfjs. */
export type TfjsDevice = keyof typeof backends;

/**
 * TensorFlow.js on one of its backends, which interprets graphs node by node.
 * @throws where the backend can't be opened on this machine.
 */
export async function openTfjs(device: TfjsDevice, options: RuntimeOptions = {}): Promise<Runtime> {
  // Else tfjs-core prints advice to the console.
  tf.enableProdMode();
  const backend = await inTurn(() => backends[device](options));
  return {
    name: "tfjs",
    device,
    version: backend.version,
    ...(backend.hardware !== undefined && { hardware: backend.hardware }),
    open: (graph) => openSession(graph, backend),
  };
}
