// Runs the suite of test/vscode in VS Code's desktop build: the one on this machine, else one that is downloaded once.
import { mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { downloadAndUnzipVSCode, runTests } from "@vscode/test-electron";
import { buildSuite } from "../test/vscode/build-suite.mjs";
import { makeTestWorkspace } from "../test/vscode/workspace.mjs";
import { findDesktop } from "./vscode-desktop.mjs";

const root = join(import.meta.dirname, "..");

try {
  const program = findDesktop() ?? (await download());
  process.exitCode = await runSuite(program);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function download() {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "normlens", "vscode-desktop");
  try {
    return await downloadAndUnzipVSCode({ version: "stable", cachePath: cache });
  } catch (error) {
    throw new Error(`There is no desktop VS Code on this machine, and none can be downloaded (${error.message}): install it so that "code" is on the path, or name its program in VSCODE_EXECUTABLE.`, { cause: error });
  }
}

async function runSuite(vscodeExecutablePath) {
  const suite = await buildSuite();
  const workspace = makeTestWorkspace();
  const home = mkdtempSync(join(tmpdir(), "normlens-electron-"));
  try {
    return await runTests({
      vscodeExecutablePath,
      extensionDevelopmentPath: inShell(root),
      extensionTestsPath: inShell(suite),
      launchArgs: [inShell(workspace), "--user-data-dir", inShell(join(home, "data")), "--extensions-dir", inShell(join(home, "extensions"))],
    });
  } catch (error) {
    throw new Error(`The suite failed in ${vscodeExecutablePath}: ${error.message}`, { cause: error });
  } finally {
    for (const folder of [home, dirname(workspace)]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** On Windows the program is started through a shell, which takes a path with spaces apart. */
function inShell(path) {
  return process.platform === "win32" ? `"${path}"` : path;
}
