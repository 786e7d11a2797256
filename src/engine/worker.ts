import { join } from "node:path";
import { parentPort } from "node:worker_threads";
import type { ConvertRequest } from "../shared/conversion";
import { engineLabel, type EngineFallback } from "../shared/engines";
import { CancelledError } from "../shared/errors";
import { failureOf } from "../shared/failure";
import type { EngineCall, EngineEvent } from "../shared/messages";
import { piecesOf, piecesOfConversion, type ProgressPiece } from "../shared/progress";
import type { EngineRequest, SurveyRequest } from "../shared/request";
import { analyzeCheckpoint, type RunContext } from "./analyze";
import type { Analysis } from "./compose";
import { convertCheckpoint } from "./convert/convert";
import { fitCapture } from "./fit-capture";
import { threadPoolMeasurer } from "./measurer/thread-pool";
import { checkOutputs } from "./outputs";
import { replaceCheckpoint } from "./replace/replace-norms";
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
  else if (call.type === "convert") void convert(call.request);
  else void answer(call.request);
});

function send(event: EngineEvent): void {
  port?.postMessage(event);
}

async function answer(request: EngineRequest): Promise<void> {
  await inContext(piecesOf(request), async (context) => {
    await checkOutputs(request);
    const analysis = await run(request, context);
    if (stop.signal.aborted) throw new CancelledError();
    await forgetFailed(analysis.result.engine.fallback);
    const taps = request.kind !== "fit" && request.taps !== undefined ? [request.taps] : [];
    const written = [...(request.out === undefined ? [] : await writeResult(request.out, analysis)), ...taps];
    send({ type: "done", result: analysis.result, written });
  });
}

async function convert(request: ConvertRequest): Promise<void> {
  await inContext(piecesOfConversion(request), async (context) => {
    const conversion = await convertCheckpoint(request, context);
    if (conversion.source.kind === "fit") await forgetFailed(conversion.source.fallback);
    send({ type: "converted", conversion });
  });
}

/** What an engine proved does not count any more where it failed since. */
async function forgetFailed(fallback: EngineFallback | undefined): Promise<void> {
  if (fallback !== undefined) await forgetProofs();
}

/** Does work that reports progress and can be stopped, and sends its failure where it has one. */
async function inContext(pieces: readonly ProgressPiece[], work: (context: RunContext) => Promise<void>): Promise<void> {
  const measurer = threadPoolMeasurer(join(__dirname, "measure.js"));
  try {
    await work({
      measurer,
      prover: engineProver(proofScript),
      signal: stop.signal,
      onProgress: (progress) => { send({ type: "progress", progress: { ...progress, pieces } }); },
      onChoice: (engine, choice) => { send({ type: "chosen", engine, choice }); },
    });
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
  if (request.kind === "fit") return fitCapture(request, context);
  return request.kind === "replace" ? replaceCheckpoint(request, context) : analyzeCheckpoint(request, context);
}
