import { EventEmitter, type Disposable, type Event, type LogOutputChannel, type Uri } from "vscode";
import type { RunState } from "../../shared/panel";
import type { EngineRequest } from "../../shared/request";

/** What an analysis is to do. */
export interface Job {
  /** What is analysed, for people: the checkpoint's own name. */
  readonly label: string;
  /** Its `out` names the file of the result. */
  readonly request: EngineRequest & { readonly out: string };
}

/** Runs analyses in the engine's process, one at a time; the others wait in the order in which they came. */
export interface AnalysisRunner extends Disposable {
  readonly state: RunState;
  readonly onDidChange: Event<RunState>;
  /**
   * Runs a job when its turn comes.
   * @returns the file of the result.
   * @throws UserError for a refusal, CancelledError where it was stopped, Error for a defect or a process that died.
   */
  run(job: Job): Promise<Uri>;
  /** Stops the running job, politely, then firmly, and drops those that wait; resolves when no process is left. */
  stop(): Promise<void>;
}

/** @param extensionPath where dist/ is. */
export function createAnalysisRunner(extensionPath: string, log: LogOutputChannel): AnalysisRunner {
  const changes = new EventEmitter<RunState>();
  log.debug(extensionPath);
  return {
    state: { kind: "idle" },
    onDidChange: changes.event,
    run: () => Promise.reject(new Error("not built yet")),
    stop: () => Promise.resolve(),
    dispose: () => { changes.dispose(); },
  };
}
