import { l10n, Uri, window, workspace, type ExtensionContext, type TextDocument } from "vscode";
import { UserError } from "../../shared/errors";
import type { Parts } from "../parts";
import { nameOf, tellError } from "../run/analyze";
import { settings } from "../settings";
import { interpreterFor } from "./interpreter";
import { runScript } from "./run-script";
import { captureModule, scriptTemplate } from "./script-template";

/**
 * Runs the script that is open, which captures norm inputs where a model runs, and shows what is fitted to them. Where none is open it
 * opens one to be completed; so nobody runs a script that they have not seen.
 * @throws UserError where there is no Python, or the script fails or captures nothing; CancelledError where it is ended.
 */
export async function captureFromPython(parts: Parts): Promise<void> {
  const open = window.activeTextEditor?.document;
  if (open === undefined || !capturesNorms(open)) {
    await window.showTextDocument(await workspace.openTextDocument({ language: "python", content: scriptTemplate }));
    return;
  }
  const script = await savedFile(open);
  if (script !== undefined) await fit(parts, await capture(parts.context, script), nameOf(script));
}

function capturesNorms(document: TextDocument): boolean {
  return document.languageId === "python" && document.getText().includes(captureModule);
}

/** The document's file as it stands in the editor; undefined where it has none and its user gives it none. */
async function savedFile(document: TextDocument): Promise<Uri | undefined> {
  if (!document.isDirty && !document.isUntitled) return document.uri;
  return workspace.save(document.uri);
}

/** @returns the capture file that the script wrote. */
async function capture({ extensionUri, globalStorageUri, storageUri }: ExtensionContext, script: Uri): Promise<Uri> {
  const python = await interpreterFor(script);
  if (python === undefined) throw new UserError(l10n.t("There is no Python on the path: select one with the Python extension, or install one."));
  const modules = Uri.joinPath(globalStorageUri, "python");
  await workspace.fs.copy(Uri.joinPath(extensionUri, "media", "capture.py"), Uri.joinPath(modules, `${captureModule}.py`), { overwrite: true });
  const folder = Uri.joinPath(storageUri ?? globalStorageUri, "captures");
  await workspace.fs.createDirectory(folder);
  const out = Uri.joinPath(folder, `${nameOf(script).replace(/\.py$/, "")}.safetensors`);
  await removeFile(out);
  const exitCode = await runScript({ python, script, out, modules });
  if (exitCode !== 0) throw new UserError(l10n.t("{0} ended with exit code {1}: its terminal says why.", nameOf(script), exitCode));
  if (!(await isFile(out))) throw new UserError(l10n.t("{0} captured nothing: it must write to sys.argv[1], and run the model inside the block.", nameOf(script)));
  return out;
}

async function fit(parts: Parts, captured: Uri, label: string): Promise<void> {
  const { results, runner, panels } = parts;
  const out = await results.newUri(label);
  void panels.show();
  const request = { kind: "fit", capture: captured.fsPath, skipFirst: settings.skipFirst(captured), seed: settings.seed(captured), out: out.fsPath } as const;
  try {
    await panels.showResult(await runner.run({ label, request }));
  } catch (error) {
    tellError(parts, error);
  }
}

async function isFile(file: Uri): Promise<boolean> {
  return workspace.fs.stat(file).then(
    () => true,
    () => false,
  );
}

async function removeFile(file: Uri): Promise<void> {
  if (await isFile(file)) await workspace.fs.delete(file);
}
