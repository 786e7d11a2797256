// A program of its own: opens the TensorFlow of argv[2], computes block.ts, and prints the results; in two threads, one after the other, where argv[3] says "threads".
import { isMainThread, SHARE_ENV, Worker } from "node:worker_threads";
import * as tf from "@tensorflow/tfjs-core";
import { openTensorflow } from "../../../../../src/engine/runtime/tfjs/tensorflow/tensorflow";
import { block } from "./block";

const [, , libtensorflow, where] = process.argv;

async function compute(): Promise<void> {
  const { version } = await openTensorflow({ libtensorflow });
  const values = tf.tidy(() => block().map((tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, values: Array.from(tensor.dataSync()) })));
  process.stdout.write(`${JSON.stringify({ version, values, tensors: tf.memory().numTensors })}\n`);
}

function inThread(): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(__filename, { argv: process.argv.slice(2), env: SHARE_ENV });
    thread.once("error", reject);
    thread.once("exit", () => { resolve(); });
  });
}

void (isMainThread && where === "threads" ? inThread().then(inThread) : compute());
