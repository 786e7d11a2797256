import type { Disposable } from "vscode";
import type { Parts } from "../parts";

/** Registers Export Alphas, Copy Alpha. */
export function registerExportCommands({ log }: Parts): Disposable {
  log.debug("not built yet");
  return { dispose: () => undefined };
}
