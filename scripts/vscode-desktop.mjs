// Finds VS Code's desktop build on this machine.
import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/** Where the program is, seen from the folder of the `code` that starts it. */
const fromCommand = { linux: ["../code", "../codium"], darwin: ["../../../MacOS/Electron", "../../../MacOS/Code"], win32: ["../Code.exe"] };

/** Path of the program: what the variable VSCODE_EXECUTABLE names, else what belongs to the `code` on the path; undefined where there is neither. */
export function findDesktop() {
  const named = process.env["VSCODE_EXECUTABLE"];
  if (named !== undefined) {
    if (!existsSync(named)) throw new Error(`VSCODE_EXECUTABLE names ${named}, which is not there.`);
    return named;
  }
  const command = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, process.platform === "win32" ? "code.cmd" : "code")).find(existsSync);
  if (command === undefined) return undefined;
  return (fromCommand[process.platform] ?? []).map((path) => join(dirname(realpathSync(command)), path)).find(existsSync);
}
