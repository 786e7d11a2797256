import { join } from "node:path";
import { parentPort } from "node:worker_threads";
import { CancelledError } from "../shared/errors";
import { failureOf } from "../shared/failure";
import type { EngineCall, EngineEvent } from "../shared/messages";
import type { EngineRequest } from "../shared/request";
import { analyzeCheckpoint, type RunContext } from "./analyze";
import type { Analysis } from "./compose";
import { fitCapture } from "./fit-capture";
import { threadPoolMeasurer } from "./measurer/thread-pool";
import { checkOutputs } from "./outputs";
import { writeResult } from "./result-file";

/*
 * The engine's thread: a forward pass blocks its thread, so whoever shows progress or listens for a stop stands outside.
 */

const port = parentPort;
if (!port) throw new Error("The engine runs in a thread of its own.");

const stop = new AbortController();

port.on("message", (call: EngineCall) => {
  if (call.type === "cancel") stop.abort();
  else void answer(call.request);
});

function send(event: EngineEvent): void {
  port?.postMessage(event);
}

async function answer(request: EngineRequest): Promise<void> {
  const measurer = threadPoolMeasurer(join(__dirname, "measure.js"));
  const context: RunContext = {
    measurer,
    signal: stop.signal,
    onProgress: (progress) => {
      send({ type: "progress", progress });
    },
  };
  try {
    await checkOutputs(request);
    const analysis = await run(request, context);
    if (stop.signal.aborted) throw new CancelledError();
    const taps = request.kind === "analyze" && request.taps !== undefined ? [request.taps] : [];
    const written = [...(request.out === undefined ? [] : await writeResult(request.out, analysis)), ...taps];
    send({ type: "done", result: analysis.result, written });
  } catch (error) {
    send({ type: "failed", error: failureOf(error) });
  } finally {
    await measurer.close();
  }
}

function run(request: EngineRequest, context: RunContext): Promise<Analysis> {
  return request.kind === "analyze" ? analyzeCheckpoint(request, context) : fitCapture(request, context);
}
