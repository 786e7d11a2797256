import { commands, env, l10n, UIKind, Uri, window, workspace, type LogOutputChannel } from "vscode";
import type { Conversion } from "../../shared/conversion";
import { notificationText } from "../say";

/** Tells that a checkpoint was converted, with what its user should know, and buttons for the folder and its card. */
export async function sayConverted({ target, layers, kept, warnings }: Conversion, log: Pick<LogOutputChannel, "info">): Promise<void> {
  const folder = Uri.file(target);
  for (const { name, reason } of kept) log.info(`${name} stayed: ${reason}`);
  const what = layers.length === 1 ? l10n.t("Saved {0}: 1 norm layer is replaced, {1} stayed.", workspace.asRelativePath(folder), kept.length) : l10n.t("Saved {0}: {1} norm layers are replaced, {2} stayed.", workspace.asRelativePath(folder), layers.length, kept.length);
  const [reveal, card] = [l10n.t("Reveal Folder"), l10n.t("Open Model Card")];
  const show = warnings.length === 0 ? window.showInformationMessage : window.showWarningMessage;
  const answer = await show(notificationText([what, ...warnings].join(" ")), ...(canReveal(folder) ? [reveal] : []), card);
  if (answer === reveal) await revealFolder(folder);
  if (answer === card) await commands.executeCommand("markdown.showPreview", Uri.joinPath(folder, "README.md"));
}

/** A browser, or a window of another machine, shows the folders of its workspace alone. */
function canReveal(folder: Uri): boolean {
  return isInWorkspace(folder) || (env.uiKind === UIKind.Desktop && env.remoteName === undefined);
}

async function revealFolder(folder: Uri): Promise<void> {
  await commands.executeCommand(isInWorkspace(folder) ? "revealInExplorer" : "revealFileInOS", folder);
}

function isInWorkspace(folder: Uri): boolean {
  return workspace.getWorkspaceFolder(folder) !== undefined;
}
