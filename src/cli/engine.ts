import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { removeLeftovers } from "../shared/leftovers";
import { errorOf } from "../shared/failure";
import type { EngineCall, EngineEvent } from "../shared/messages";
import type { Progress } from "../shared/progress";
import type { EngineRequest } from "../shared/request";
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
export async function runEngine(request: EngineRequest, onProgress: (progress: Progress) => void): Promise<EngineOutcome> {
  const worker = new Worker(join(__dirname, "engine.js"));
  const call = (message: EngineCall): void => {
    worker.postMessage(message);
  };
  let asked = false;
  const interrupt = (signal: NodeJS.Signals): void => {
    const end = (): void => {
      endProgram(signal, request);
    };
    if (asked) {
      end();
    } else {
      asked = true;
      call({ type: "cancel" });
      setTimeout(end, graceMilliseconds).unref();
    }
  };
  for (const signal of stopSignals) process.on(signal, interrupt);
  try {
    return await new Promise<EngineOutcome>((resolve, reject) => {
      worker.on("error", reject);
      worker.on("exit", (code) => {
        reject(new Error(`The engine ended with code ${code} before it had answered.`));
      });
      worker.on("message", (event: EngineEvent) => {
        if (event.type === "progress") onProgress(event.progress);
        else if (event.type === "done") resolve(event);
        else reject(errorOf(event.error));
      });
      call({ type: "run", request });
    });
  } finally {
    for (const signal of stopSignals) process.off(signal, interrupt);
    worker.unref();
  }
}

/** Removes this process's temporary files, then ends as the signal would have ended it: at once, native code or not. */
function endProgram(signal: NodeJS.Signals, request: EngineRequest): void {
  removeLeftovers(request);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
