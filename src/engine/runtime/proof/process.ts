import { isMainThread, parentPort, SHARE_ENV, Worker, workerData } from "node:worker_threads";
import { messageOf } from "../../../shared/errors";
import type { EngineName } from "../../../shared/engines";
import type { RuntimeOptions } from "../runtime";
import { findEngine } from "../runtimes";
import { prove, type Proof } from "./prove";

/*
 * One engine's proof as a process of its own: what hangs or crashes in a driver hangs and crashes here. The work is done in a thread, so
 * that the end of the parent is heard even while native code blocks.
 */

/** What the parent sends, once. */
export interface ProofRequest {
  readonly engine: EngineName;
  readonly options: RuntimeOptions;
}

if (isMainThread) superviseProof();
else void answer(workerData as ProofRequest);

function superviseProof(): void {
  process.on("disconnect", end);
  process.on("SIGTERM", end);
  process.once("message", (request: ProofRequest) => {
    const thread = new Worker(__filename, { workerData: request, env: SHARE_ENV });
    thread.on("message", tell);
    thread.on("error", (error) => { tell({ works: false, reason: messageOf(error) }); });
  });
}

function tell(proof: Proof): void {
  // A driver's own clean-up at exit can hang or crash, and says nothing about its work; only this signal does without it.
  process.send?.(proof, undefined, undefined, end);
}

function end(): void {
  process.kill(process.pid, "SIGKILL");
}

async function answer({ engine, options }: ProofRequest): Promise<void> {
  const proof = await prove((opened) => findEngine(engine).open(opened), options).catch((error: unknown): Proof => ({ works: false, reason: messageOf(error) }));
  parentPort?.postMessage(proof);
}
