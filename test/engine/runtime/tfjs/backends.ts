import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RuntimeOptions } from "../../../../src/engine/runtime/runtime";
import type { TfjsDevice } from "../../../../src/engine/runtime/tfjs/tfjs";

const libtensorflow = process.env["NORMLENS_LIBTENSORFLOW"];

/** A backend of tfjs to test, and how it is opened. */
export interface TestedBackend {
  readonly device: TfjsDevice;
  readonly options: RuntimeOptions;
}

/** Backends that can be opened here: TensorFlow only where NORMLENS_LIBTENSORFLOW says where it is. */
export const testedBackends: readonly TestedBackend[] = [
  { device: "cpu", options: {} },
  { device: "wasm", options: {} },
  ...(libtensorflow !== undefined && existsSync(join(import.meta.dirname, "../../../../src/engine/runtime/tfjs/tensorflow/tensorflow.ts"))
    ? [{ device: "tensorflow" as const, options: { libtensorflow } }]
    : []),
];
