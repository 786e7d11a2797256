import { fork } from "node:child_process";
import { CancelledError } from "../../../shared/errors";
import type { EngineName } from "../../../shared/engines";
import type { RuntimeOptions } from "../runtime";
import type { ProofRequest } from "./process";
import type { Proof } from "./prove";

/** Has an engine prove itself. @throws CancelledError once `signal` is aborted. */
export type Prover = (engine: EngineName, options: RuntimeOptions, signal?: AbortSignal) => Promise<Proof>;

/**
 * Seconds that an engine has for its proof: compiling a GPU's kernels takes long the first time, and a driver that hangs does so for ever.
 * NORMLENS_PROOF_SECONDS overrides it, for a driver that takes longer and works.
 */
const patience = 30;

/** Longest piece of what a process wrote that is looked at for its last words. */
const longestWords = 4000;

/**
 * Proves engines in processes of their own.
 * @param script dist/engine-proof.js
 * @param seconds until a process that has not answered is ended.
 */
export function processProver(script: string, seconds = proofSeconds()): Prover {
  return (engine, options, signal) =>
    new Promise((resolve, reject) => {
      const child = fork(script, { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
      let words = "";
      const settle = (finish: () => void): void => {
        clearTimeout(late);
        signal?.removeEventListener("abort", stop);
        child.kill("SIGKILL");
        finish();
      };
      const fail = (reason: string): void => { settle(() => { resolve({ works: false, reason }); }); };
      const stop = (): void => { settle(() => { reject(new CancelledError()); }); };
      const late = setTimeout(() => { fail(`it did not answer within ${seconds} s, which NORMLENS_PROOF_SECONDS sets`); }, seconds * 1000);
      if (signal?.aborted === true) { stop(); return; }
      signal?.addEventListener("abort", stop);
      child.stderr?.setEncoding("utf8").on("data", (text: string) => { words = (words + text).slice(-longestWords); });
      child.on("error", (error) => { fail(error.message); });
      child.on("exit", (code, killer) => { fail(`its process ended ${killer === null ? `with code ${String(code)}` : `by ${killer}`}${lastWords(words)}`); });
      child.on("message", (proof: Proof) => { settle(() => { resolve(proof); }); });
      child.send({ engine, options } satisfies ProofRequest, () => undefined);
    });
}

/** Seconds that an engine has for its proof. */
export function proofSeconds(): number {
  const stated = Number(process.env["NORMLENS_PROOF_SECONDS"]);
  return stated > 0 && Number.isFinite(stated) ? stated : patience;
}

/** Of a JavaScript error, its message; of anything else, the last line. */
function lastWords(text: string): string {
  const lines = text.trim().split("\n");
  const line = (lines.find((one) => /^\w*Error: /.test(one)) ?? lines.at(-1))?.trim();
  return line === undefined || line === "" ? "" : ` (${line.slice(0, 200)})`;
}
