import { Disposable } from "vscode";
import type { Parts } from "../parts";
import { registerCommand } from "../register-command";
import { requireTrust } from "../run/analyze";
import { selectEngine } from "./select-engine";
import { setUpGpuEngine } from "./set-up-engine";

/** Registers Select Engine and Set Up GPU Engine; both run native code, as an analysis does. */
export function registerEngineCommands(parts: Parts): Disposable {
  const registerTrusted = (name: string, action: (parts: Parts) => Promise<void>) =>
    registerCommand(parts.log, name, () => {
      requireTrust();
      return action(parts);
    });
  return Disposable.from(registerTrusted("selectEngine", selectEngine), registerTrusted("setUpGpuEngine", setUpGpuEngine));
}
