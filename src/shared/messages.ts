import type { Conversion, ConvertRequest } from "./conversion";
import type { EngineChoice, EngineName, EngineStatus } from "./engines";
import type { Progress } from "./progress";
import type { EngineRequest, SurveyRequest } from "./request";
import type { Result } from "./result";

/** Version of the messages between a host and the engine's process; the first message carries it, and a process of another version answers with a failure. */
export const engineProtocol = 4;

/** First message to the engine's process; it answers with `ready`. The command line's thread is of the same build and needs neither. */
export interface EngineHello {
  readonly type: "hello";
  readonly protocol: number;
}

/** To the engine's thread or process. */
export type EngineCall =
  | EngineWork
  /** Asks the run to stop; the engine answers with `failed`, kind "cancelled", once nothing half-written is left. */
  | { readonly type: "cancel" };

/** What the engine can be asked to do. */
export type EngineWork =
  | { readonly type: "run"; readonly request: EngineRequest }
  /** Asks for a converted checkpoint; the engine answers with `converted`. */
  | { readonly type: "convert"; readonly request: ConvertRequest }
  /** Asks which engines work; the engine answers with `surveyed`. */
  | { readonly type: "survey"; readonly request: SurveyRequest };

/** The engine's process has understood the hello, and takes a run. */
export interface EngineReady {
  readonly type: "ready";
  readonly protocol: number;
  /** Version of NormLens. */
  readonly version: string;
}

/** From the engine's thread. */
export type EngineEvent = EngineNews | (EngineDone & { readonly result: Result });

/** From the engine's process: its parent reads the result from its file, where it wants it at all. */
export type EngineProcessEvent = EngineReady | EngineNews | EngineDone;

type EngineNews =
  | { readonly type: "progress"; readonly progress: Progress }
  /** Which engine a run took, and why; for the log. */
  | { readonly type: "chosen"; readonly engine: EngineName; readonly choice: EngineChoice }
  | { readonly type: "converted"; readonly conversion: Conversion }
  | { readonly type: "surveyed"; readonly engines: readonly EngineStatus[] }
  | { readonly type: "failed"; readonly error: EngineFailure };

interface EngineDone {
  readonly type: "done";
  /** Paths of all files. */
  readonly written: readonly string[];
}

/** An error as data, since only data crosses the boundary. */
export interface EngineFailure {
  /** "refused": a sentence for the user. "cancelled": stopped by the user. "defect": the program's fault. */
  readonly kind: "refused" | "cancelled" | "defect";
  readonly message: string;
  readonly stack?: string;
}
