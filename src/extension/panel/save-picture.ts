import { l10n, Uri, window, workspace } from "vscode";
import { UserError } from "../../shared/errors";
import { fileNameFrom } from "../../shared/file-name";
import type { PanelAction } from "../../shared/panel";
import { sayWritten } from "../say";

/** Pictures of more bytes than this (48 MB) are no chart of ours. */
const largest = 48_000_000;

/**
 * Asks where a picture of the page should go, and writes it.
 * @throws UserError where it is too large.
 */
export async function savePicture({ name, format, base64 }: PanelAction & { type: "savePicture" }): Promise<void> {
  if (Buffer.byteLength(base64, "base64") > largest) throw new UserError(l10n.t("This picture can't be saved: it is no PNG or SVG of at most 48 MB."));
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const target = await window.showSaveDialog({
    title: l10n.t("Save Picture"),
    filters: format === "png" ? { PNG: ["png"] } : { SVG: ["svg"] },
    ...(folder !== undefined && { defaultUri: Uri.joinPath(folder, `${fileNameFrom(name, 80)}.${format}`) }),
  });
  if (target === undefined) return;
  await workspace.fs.writeFile(target, Buffer.from(base64, "base64"));
  void sayWritten(target);
}
