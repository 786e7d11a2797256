// A program of its own: opens the libtensorflow of argv[2], here or, where argv[3] says "threads", in a thread, and ends.
import { isMainThread, SHARE_ENV, Worker } from "node:worker_threads";
import { openLibrary } from "../../../../../src/engine/runtime/tfjs/tensorflow/ffi/open";
import { findTensorflow } from "../../../../../src/engine/runtime/tfjs/tensorflow/find";

const [, , libtensorflow, where] = process.argv;

async function open(): Promise<void> {
  const [files] = findTensorflow({ libtensorflow });
  if (files.kind === "addon") throw new Error("An addon was found instead of libtensorflow.");
  const { binding } = await openLibrary(files.core, files.framework, {});
  process.stdout.write(binding.TF_Version);
}

if (isMainThread && where === "threads") new Worker(__filename, { argv: process.argv.slice(2), env: SHARE_ENV });
else void open();
