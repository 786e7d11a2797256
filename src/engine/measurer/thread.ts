import { parentPort } from "node:worker_threads";
import { LayerMeasurement } from "../../analysis/measurement";
import { messageOf } from "../../shared/errors";
import { localMeasurer } from "./local-measurer";
import type { MeasurerAnswer, MeasurerCall } from "./messages";

/*
 * A measuring thread: does what it is told with a measurer of its own.
 */

const port = parentPort;
if (!port) throw new Error("A measurer of this kind runs in a thread of its own.");

const measurer = localMeasurer();

port.on("message", (call: MeasurerCall) => {
  if (call.type === "start") measurer.start(call.norm, call.options);
  else void answer(call).then((message) => {
    port.postMessage(message);
  });
});

async function answer(call: Exclude<MeasurerCall, { type: "start" }>): Promise<MeasurerAnswer> {
  const { id, name } = call;
  try {
    if (call.type === "finish") return { id, ok: true, measured: await measurer.finish(name) };
    await measurer.add(name, call.block);
    return { id, ok: true };
  } catch (error) {
    return { id, ok: false, message: messageOf(error), ...(error instanceof Error && error.stack !== undefined && { stack: error.stack }) };
  }
}

/** Has the loops compiled while the checkpoint is still being opened. */
function warmUp(): void {
  const channels = 64;
  const rows = 128;
  const data = Float32Array.from({ length: rows * channels }, (_, index) => Math.sin(index * index) * (1 + (index % 7)));
  const norm = { name: "warm-up", kind: "layernorm", role: "other", depth: 0, eps: 1e-5, axes: [-1], channels } as const;
  for (let round = 0; round < 4; round += 1) {
    const measurement = new LayerMeasurement(norm, { seed: 0, skipFirst: false });
    measurement.add({ data, rows, rowsPerSequence: rows, rowsPerPosition: 1 });
    measurement.finish();
  }
}

warmUp();
