import { delimiter, dirname } from "node:path";
import { l10n, ProcessExecution, Task, TaskRevealKind, tasks, TaskScope, workspace, type Uri } from "vscode";
import { CancelledError } from "../../shared/errors";

/** A Python script with what it needs. */
export interface ScriptRun {
  readonly python: string;
  readonly script: Uri;
  /** Given to the script as its only argument. */
  readonly out: Uri;
  /** First folder in which it looks for modules. */
  readonly modules: Uri;
}

/**
 * Runs a script as a task, in a terminal where its user sees what it prints and can end it.
 * @returns its exit code.
 * @throws CancelledError where it was ended.
 */
export async function runScript({ python, script, out, modules }: ScriptRun): Promise<number> {
  const path = [modules.fsPath, process.env["PYTHONPATH"] ?? ""].filter((folder) => folder !== "").join(delimiter);
  const call = new ProcessExecution(python, [script.fsPath, out.fsPath], { cwd: dirname(script.fsPath), env: { PYTHONPATH: path } });
  const scope = workspace.getWorkspaceFolder(script) ?? TaskScope.Workspace;
  const task = new Task({ type: "normlens" }, scope, l10n.t("Capture norm inputs"), "NormLens", call);
  task.presentationOptions = { reveal: TaskRevealKind.Always, clear: true };
  const execution = await tasks.executeTask(task);
  return new Promise((resolve, reject) => {
    const listener = tasks.onDidEndTaskProcess(({ execution: ended, exitCode }) => {
      if (ended !== execution) return;
      listener.dispose();
      if (exitCode === undefined) reject(new CancelledError());
      else resolve(exitCode);
    });
  });
}
