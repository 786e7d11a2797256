import { findEngine } from "../runtimes";
import { filesKey, machineKey } from "./machine";
import { proofCacheFile, rememberingProver } from "./proof-cache";
import { processProver, proofSeconds, type Prover } from "./prover";

/**
 * Proves engines in processes of their own, and remembers what they showed for as long as the machine stays as it is.
 * @param script dist/engine-proof.js
 * @param fresh true proves anew whatever is remembered.
 */
export function engineProver(script: string, fresh = false): Prover {
  let machine: Promise<string> | undefined;
  const keyOf: Parameters<typeof rememberingProver>[2] = async (engine, options) => `${await (machine ??= machineKey())} ${await filesKey(findEngine(engine).files?.(options) ?? [])} ${proofSeconds()}`;
  return rememberingProver(processProver(script), proofCacheFile(), keyOf, fresh);
}
