import { version_cpu } from "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import type { TfjsBackend } from "./backend";

/** tfjs in plain JavaScript, which runs anywhere, slowly. */
export async function openCpu(): Promise<TfjsBackend> {
  await tf.setBackend("cpu");
  return { device: "cpu", version: version_cpu };
}
