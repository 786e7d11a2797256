import { l10n, window, type LogOutputChannel } from "vscode";
import { CancelledError, messageOf, UserError } from "../shared/errors";

/**
 * Shows an error as one message: a refusal by its own sentence, anything else as a defect with a button that opens the log.
 * What the user stopped is no error.
 */
export async function sayError(error: unknown, log: LogOutputChannel): Promise<void> {
  if (error instanceof CancelledError) return;
  log.error(error instanceof UserError ? error.message : error instanceof Error ? (error.stack ?? error.message) : messageOf(error));
  const showLog = l10n.t("Show Log");
  const text = error instanceof UserError ? error.message : l10n.t("A defect in NormLens: {0}", messageOf(error));
  if ((await window.showErrorMessage(text, showLog)) === showLog) log.show();
}
