import { commands, extensions, Uri, workspace, type Extension } from "vscode";
import type { NormLensApi } from "../../../src/extension/parts";

/** The extension under test, as it is installed or developed in this window. */
export function extension(): Extension<NormLensApi> {
  const found = extensions.getExtension<NormLensApi>("normlens.normlens");
  if (found === undefined) throw new Error("The extension is not there.");
  return found;
}

/** What the extension offers, once it is active. */
export async function api(): Promise<NormLensApi> {
  return extension().activate();
}

/** A file of the workspace: `folder` 0 holds checkpoints, 1 the source. */
export function inWorkspace(folder: 0 | 1, ...names: string[]): Uri {
  const base = workspace.workspaceFolders?.[folder];
  if (base === undefined) throw new Error("The tests need their workspace of two folders.");
  return Uri.joinPath(base.uri, ...names);
}

/**
 * Waits until something holds.
 * @throws Error that names it, after so many milliseconds.
 */
export async function until<Value>(what: string, holds: () => Value | Promise<Value>, patience = 30_000): Promise<NonNullable<Value>> {
  const end = Date.now() + patience;
  for (;;) {
    const value = await holds();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > end) throw new Error(`Waited in vain for ${what}.`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

/** Accepts what a quick pick has in front, as Enter does, until something holds. */
export async function acceptUntil<Value>(what: string, holds: () => Value | Promise<Value>): Promise<NonNullable<Value>> {
  return until(what, async () => {
    const value = await holds();
    if (value !== undefined && value !== null && value !== false) return value;
    await new Promise((resolve) => { setTimeout(resolve, 300); });
    await commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
    return undefined;
  });
}

/** Whether a process runs. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Runs something with a setting of the workspace, and puts back what was before. */
export async function withSetting<Value>(name: string, value: unknown, use: () => Promise<Value>): Promise<Value> {
  const configuration = workspace.getConfiguration();
  const before = configuration.inspect(name)?.workspaceValue;
  await configuration.update(name, value, false);
  try {
    return await use();
  } finally {
    await configuration.update(name, before, false);
  }
}

/** The bundled sample, analysed once for all tests that need a result. */
export function sampleResult(): Promise<Uri> {
  analysed ??= api().then(({ analyze }) => analyze(inWorkspace(0, "gpt2")));
  return analysed;
}
let analysed: Promise<Uri> | undefined;
