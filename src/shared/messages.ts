import type { Progress } from "./progress";
import type { EngineRequest } from "./request";
import type { Result } from "./result";

/** To the engine's thread or process. */
export type EngineCall =
  | { readonly type: "run"; readonly request: EngineRequest }
  /** Asks the run to stop; the engine answers with `failed`, kind "cancelled", once nothing half-written is left. */
  | { readonly type: "cancel" };

/** From the engine's thread or process. */
export type EngineEvent =
  | { readonly type: "progress"; readonly progress: Progress }
  | { readonly type: "done"; readonly result: Result; readonly written: readonly string[] }
  | { readonly type: "failed"; readonly error: EngineFailure };

/** An error as data, since only data crosses the boundary. */
export interface EngineFailure {
  /** "refused": a sentence for the user. "cancelled": stopped by the user. "defect": the program's fault. */
  readonly kind: "refused" | "cancelled" | "defect";
  readonly message: string;
  readonly stack?: string;
}
