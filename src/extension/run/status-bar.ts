import type { Disposable } from "vscode";
import type { Parts } from "../parts";

/** Shows a running analysis in the status bar: its stage, and the time left. */
export function registerStatusBar({ log }: Parts): Disposable {
  log.debug("not built yet");
  return { dispose: () => undefined };
}
