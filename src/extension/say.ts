import { commands, l10n, window, workspace, type LogOutputChannel, type Uri } from "vscode";
import { CancelledError, messageOf, UserError } from "../shared/errors";
import { printable } from "../shared/format";

/**
 * Shows an error as one message: a refusal by its own sentence, anything else as a defect with a button that opens the log.
 * What the user stopped is no error.
 */
export async function sayError(error: unknown, log: LogOutputChannel): Promise<void> {
  if (error instanceof CancelledError) return;
  logError(error, log);
  const showLog = l10n.t("Show Log");
  const text = error instanceof UserError ? error.message : l10n.t("A defect in NormLens: {0}", messageOf(error));
  if ((await window.showErrorMessage(notificationText(text), showLog)) === showLog) log.show();
}

/** Logs an error: a refusal by its sentence, anything else with its stack. */
export function logError(error: unknown, log: LogOutputChannel): void {
  log.error(error instanceof UserError ? error.message : error instanceof Error ? (error.stack ?? error.message) : messageOf(error));
}

/** Tells that a file was written, with a button that opens it. */
export async function sayWritten(file: Uri): Promise<void> {
  const open = l10n.t("Open");
  const answer = await window.showInformationMessage(notificationText(l10n.t("Saved {0}.", workspace.asRelativePath(file))), open);
  if (answer === open) await commands.executeCommand("vscode.open", file);
}

/**
 * Text for a notification, in which VS Code would make `[words](command:...)` a link that runs a command: names of files and tensors are
 * in it, and whoever made those must not choose what a click does.
 */
export function notificationText(text: string): string {
  return printable(text).replaceAll("](", "]\u200B(");
}
