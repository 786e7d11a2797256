import { prove } from "../../../src/engine/runtime/proof/prove";
import type { Prover } from "../../../src/engine/runtime/proof/prover";
import { findEngine } from "../../../src/engine/runtime/runtimes";
import { messageOf } from "../../../src/shared/errors";

/** Proves engines in this process, and remembers nothing. */
export const localProver: Prover = (engine, options) => prove((opened) => findEngine(engine).open(opened), options).catch((error: unknown) => ({ works: false, reason: messageOf(error) }));
