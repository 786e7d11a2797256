import type { Disposable } from "vscode";
import type { Parts } from "../parts";
import { registerCommand } from "../register-command";
import { requireTrust } from "../run/analyze";
import { captureFromPython } from "./capture-from-python";

/** Registers Capture from Python, which runs a script of the workspace. */
export function registerCaptureCommand(parts: Parts): Disposable {
  return registerCommand(parts.log, "captureFromPython", () => {
    requireTrust();
    return captureFromPython(parts);
  });
}
