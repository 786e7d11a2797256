import { join } from "node:path";
import { SHARE_ENV, Worker } from "node:worker_threads";
import { removeLeftovers } from "../shared/leftovers";
import type { Conversion, ConvertRequest } from "../shared/conversion";
import type { EngineStatus } from "../shared/engines";
import { errorOf } from "../shared/failure";
import type { EngineCall, EngineEvent, EngineWork } from "../shared/messages";
import type { Progress } from "../shared/progress";
import type { EngineRequest, SurveyRequest } from "../shared/request";
import type { Result } from "../shared/result";

/** Time that a stopped engine has to put things in order before the program ends without it. */
const graceMilliseconds = 600;

/** Ctrl-C, a polite kill, a closed terminal. */
const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What a run of the engine gave. */
export interface EngineOutcome {
  readonly result: Result;
  /** Files that were written. */
  readonly written: readonly string[];
}

/**
 * Runs the engine in its thread. Ctrl-C stops it: politely, and where it is deep in a matrix product, or is asked again, by ending the
 * program.
 * @throws UserError for a refusal, CancelledError after Ctrl-C.
 */
export function runEngine(request: EngineRequest, onProgress: (progress: Progress) => void): Promise<EngineOutcome> {
  return ask({ type: "run", request }, onProgress, (event) => (event.type === "done" ? event : undefined));
}

/**
 * Has the engine convert a checkpoint; Ctrl-C stops it as above.
 * @throws UserError for a refusal, CancelledError after Ctrl-C.
 */
export function convertOnce(request: ConvertRequest, onProgress: (progress: Progress) => void): Promise<Conversion> {
  return ask({ type: "convert", request }, onProgress, (event) => (event.type === "converted" ? event.conversion : undefined));
}

/**
 * Has the engine try every runtime; Ctrl-C stops it.
 * @throws CancelledError after Ctrl-C.
 */
export function surveyOnce(request: SurveyRequest, onProgress: (progress: Progress) => void): Promise<readonly EngineStatus[]> {
  return ask({ type: "survey", request }, onProgress, (event) => (event.type === "surveyed" ? event.engines : undefined));
}

/** Starts the engine for one call, and waits for the event that `answerOf` takes for its answer. */
async function ask<Answer>(work: EngineWork, onProgress: (progress: Progress) => void, answerOf: (event: EngineEvent) => Answer | undefined): Promise<Answer> {
  // Runtimes are told some things by environment variables, which native code sees only where the thread shares them.
  const worker = new Worker(join(__dirname, "engine.js"), { env: SHARE_ENV });
  let asked = false;
  const interrupt = (signal: NodeJS.Signals): void => {
    const end = (): void => { endProgram(signal, work); };
    if (asked) {
      end();
    } else {
      asked = true;
      worker.postMessage({ type: "cancel" } satisfies EngineCall);
      setTimeout(end, graceMilliseconds).unref();
    }
  };
  for (const signal of stopSignals) process.on(signal, interrupt);
  try {
    return await new Promise<Answer>((resolve, reject) => {
      worker.on("error", reject);
      worker.on("exit", (code) => {
        reject(new Error(`The engine ended with code ${code} before it had answered.`));
      });
      worker.on("message", (event: EngineEvent) => {
        const answer = answerOf(event);
        if (answer !== undefined) resolve(answer);
        else if (event.type === "progress") onProgress(event.progress);
        else if (event.type === "failed") reject(errorOf(event.error));
      });
      worker.postMessage(work);
    });
  } finally {
    for (const signal of stopSignals) process.off(signal, interrupt);
    worker.unref();
  }
}

/** Removes this process's temporary files, then ends as the signal would have ended it: at once, native code or not. */
function endProgram(signal: NodeJS.Signals, work: EngineWork): void {
  removeLeftovers(work);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
