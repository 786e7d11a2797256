// Opens VS Code with NormLens on a copy of the demo workspace: the desktop build where there is one, else VS Code's server in a browser. Nothing of the user's VS Code is touched.
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findDesktop } from "./vscode-desktop.mjs";
import { startServer } from "./vscode-server.mjs";

const root = join(import.meta.dirname, "..");
const home = mkdtempSync(join(tmpdir(), "normlens-demo-"));
const workspace = join(home, "demo");
cpSync(join(root, "media/demo-workspace"), workspace, { recursive: true });

/** Where the norm layers are. */
const place = `${join(workspace, "model.py")}:49`;

let stop = async () => undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => void end(0));
try {
  const desktop = findDesktop();
  if (desktop === undefined) await openServer();
  else openDesktop(desktop);
} catch (error) {
  console.error(error.message);
  await end(1);
}

function openDesktop(program) {
  // A terminal inside VS Code hands its own settings on, which would make a child of that window of this one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VSCODE_|ELECTRON_RUN_AS_NODE$)/.test(name)));
  const folders = ["--user-data-dir", join(home, "data"), "--extensions-dir", join(home, "extensions")];
  const quiet = ["--skip-welcome", "--skip-release-notes", "--disable-workspace-trust", "--disable-telemetry"];
  // Without this it refuses to start as root.
  if (process.getuid?.() === 0) quiet.push("--no-sandbox");
  const child = spawn(program, [workspace, "--goto", place, `--extensionDevelopmentPath=${root}`, ...folders, ...quiet], { env, stdio: "ignore" });
  child.once("error", (error) => { console.error(`${program} can't be started: ${error.message}`); void end(1); });
  child.once("exit", () => void end(0));
  stop = async () => { child.kill(); };
  console.log(`VS Code opens ${workspace}: run "NormLens: Analyze Sample" there. Ctrl-C here, or closing the window, ends it and removes the copy.`);
}

async function openServer() {
  console.log("There is no desktop VS Code on this machine (neither \"code\" on the path nor VSCODE_EXECUTABLE), so VS Code's server is used.");
  const server = await startServer(join(home, "data"));
  stop = server.stop;
  const remote = (path) => `vscode-remote://${server.authority}${encodeURI(path)}`;
  const payload = [["extensionDevelopmentPath", remote(root)], ["openFile", remote(place)], ["gotoLineMode", "true"], ["skipWelcome", "true"], ["skipReleaseNotes", "true"]];
  const address = new URL(server.url);
  address.searchParams.set("folder", workspace);
  address.searchParams.set("payload", JSON.stringify(payload));
  console.log(`Open this in a browser, and run "NormLens: Analyze Sample" there:\n\n  ${address.href}\n\nCtrl-C ends the server and removes the copy of the workspace.`);
}

async function end(code) {
  await stop();
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  process.exit(code);
}
