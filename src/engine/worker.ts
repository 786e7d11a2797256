import { join } from "node:path";
import { parentPort } from "node:worker_threads";
import { engineLabel } from "../shared/engines";
import { CancelledError } from "../shared/errors";
import { failureOf } from "../shared/failure";
import type { EngineCall, EngineEvent } from "../shared/messages";
import type { EngineRequest, SurveyRequest } from "../shared/request";
import { analyzeCheckpoint, type RunContext } from "./analyze";
import type { Analysis } from "./compose";
import { fitCapture } from "./fit-capture";
import { threadPoolMeasurer } from "./measurer/thread-pool";
import { checkOutputs } from "./outputs";
import { writeResult } from "./result-file";
import { surveyEngines, type Trials } from "./runtime/choose";
import { forgetProofs } from "./runtime/proof/proof-cache";
import { engineProver } from "./runtime/proof/engine-prover";
import { engines } from "./runtime/runtimes";

/*
 * The engine's thread: a forward pass blocks its thread, so whoever shows progress or listens for a stop stands outside.
 */

const port = parentPort;
if (!port) throw new Error("The engine runs in a thread of its own.");

const stop = new AbortController();
const proofScript = join(__dirname, "engine-proof.js");

port.on("message", (call: EngineCall) => {
  if (call.type === "cancel") stop.abort();
  else if (call.type === "survey") void survey(call.request);
  else void answer(call.request);
});

function send(event: EngineEvent): void {
  port?.postMessage(event);
}

async function answer(request: EngineRequest): Promise<void> {
  const measurer = threadPoolMeasurer(join(__dirname, "measure.js"));
  const context: RunContext = {
    measurer,
    prover: engineProver(proofScript),
    signal: stop.signal,
    onProgress: (progress) => { send({ type: "progress", progress }); },
    onChoice: (engine, choice) => { send({ type: "chosen", engine, choice }); },
  };
  try {
    await checkOutputs(request);
    const analysis = await run(request, context);
    if (stop.signal.aborted) throw new CancelledError();
    if (analysis.result.engine.fallback !== undefined) await forgetProofs();
    const taps = request.kind === "analyze" && request.taps !== undefined ? [request.taps] : [];
    const written = [...(request.out === undefined ? [] : await writeResult(request.out, analysis)), ...taps];
    send({ type: "done", result: analysis.result, written });
  } catch (error) {
    send({ type: "failed", error: failureOf(error) });
  } finally {
    await measurer.close();
  }
}

async function survey({ only, ...options }: SurveyRequest): Promise<void> {
  const total = only === undefined ? engines.length : 1;
  let tried = 0;
  try {
    const trials: Trials = {
      prover: engineProver(proofScript, true),
      signal: stop.signal,
      onTrying: (engine) => { send({ type: "progress", progress: { phase: "engine", stage: engineLabel(engine), done: tried++, total } }); },
    };
    const statuses = await surveyEngines(options, trials, only);
    send({ type: "surveyed", engines: statuses });
  } catch (error) {
    send({ type: "failed", error: failureOf(error) });
  }
}

function run(request: EngineRequest, context: RunContext): Promise<Analysis> {
  return request.kind === "fit" ? fitCapture(request, context) : analyzeCheckpoint({ ...request, kind: "analyze" }, context);
}
