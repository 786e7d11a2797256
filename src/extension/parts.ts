import type { ExtensionContext, LogOutputChannel, Uri } from "vscode";
import type { Intent } from "../shared/intent";
import type { Progress } from "../shared/progress";
import type { IntentStore } from "./intent-store";
import type { AnalysisRunner } from "./run/analysis-runner";
import type { EngineProcess } from "./run/engine-process";
import type { PythonNorms } from "./lenses/python-norms";
import type { SourceIndex } from "./lenses/source-index";
import type { Panels } from "./panel/panels";
import type { ResultStore } from "./results/result-store";

/** The long-lived objects of the extension, made once by `activate`; commands and views are given those they need. */
export interface Parts {
  readonly context: ExtensionContext;
  readonly log: LogOutputChannel;
  /** Of tabs. */
  readonly icon: Uri;
  readonly results: ResultStore;
  readonly intent: IntentStore;
  /** Starts a process of the engine, for one call. */
  readonly startEngine: () => EngineProcess;
  readonly runner: AnalysisRunner;
  readonly panels: Panels;
  readonly norms: PythonNorms;
  readonly source: SourceIndex;
}

/** What `activate` returns, for tests and for other extensions: plain data and functions. */
export interface NormLensApi {
  /** Analyses a checkpoint as the command does, without asking; resolves with the file of the result. */
  readonly analyze: (checkpoint: Uri) => Promise<Uri>;
  /** Text of the panel's page, as it stands there; undefined where no panel is open. */
  readonly panelText: () => Promise<string | undefined>;
  /** File of the result that lenses and tree show. */
  readonly currentResult: () => Uri | undefined;
  /** Says what the alphas are for, as the panel's switch does. */
  readonly setIntent: (intent: Intent) => Promise<void>;
  /** Process of the engine, while one runs. */
  readonly enginePid: () => number | undefined;
  /** How far it is. */
  readonly progress: () => Progress | undefined;
  /** Milliseconds until the panel's page had painted its first frame with content, of the panel that was opened last. */
  readonly firstPaint: () => number | undefined;
}
