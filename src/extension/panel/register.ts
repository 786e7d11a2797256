import type { Disposable } from "vscode";
import type { Parts } from "../parts";

/** Registers Open Result, Compare with Result, Clear Result, Show Panel, Show Log, and what tree items do. */
export function registerPanelCommands({ log }: Parts): Disposable {
  log.debug("not built yet");
  return { dispose: () => undefined };
}
