import type { Disposable } from "vscode";
import type { Parts } from "../parts";

/** Registers Analyze Checkpoint, Analyze with Options, Analyze Sample, the explorer's item, Stop Analysis. */
export function registerAnalysisCommands({ log }: Parts): Disposable {
  log.debug("not built yet");
  return { dispose: () => undefined };
}
