import { basename, dirname, join, sep } from "node:path";
import { FileType, l10n, Uri, window, workspace } from "vscode";

/** Endings that a folder's name has no use for. */
const endings = /(\.safetensors|\.bin|\.msgpack)?(\.index\.json|\.safetensors|\.bin|\.pt|\.pth|\.ckpt|\.gguf|\.onnx|\.msgpack|\.keras|\.h5|\.hdf5)?$/i;

/** A folder that does not exist yet, beside a checkpoint; for the bundled samples, in the workspace. */
export async function suggestedTarget(checkpoint: string, bundled: Uri): Promise<string> {
  const workspaceFolder = workspace.workspaceFolders?.[0]?.uri.fsPath;
  const isBundled = checkpoint.startsWith(`${bundled.fsPath}${sep}`);
  const folder = isBundled && workspaceFolder !== undefined ? workspaceFolder : dirname(checkpoint);
  const name = `${basename(checkpoint).replace(endings, "")}-dyt`;
  for (let number = 1; ; number++) {
    const target = join(folder, number === 1 ? name : `${name}-${number}`);
    if (!(await exists(target))) return target;
  }
}

/** Asks for a folder to make; undefined where its user thinks better of it. */
export async function askTarget(suggested: string): Promise<string | undefined> {
  const chosen = await window.showSaveDialog({ title: l10n.t("Folder of the Converted Checkpoint"), saveLabel: l10n.t("Choose"), defaultUri: Uri.file(suggested) });
  return chosen?.fsPath;
}

/** Whether something stands there that a conversion would have to overwrite: anything but an empty folder. */
export async function isOccupied(target: string): Promise<boolean> {
  const uri = Uri.file(target);
  try {
    const { type } = await workspace.fs.stat(uri);
    return type !== FileType.Directory || (await workspace.fs.readDirectory(uri)).length > 0;
  } catch {
    return false;
  }
}

function exists(target: string): Promise<boolean> {
  return Promise.resolve(workspace.fs.stat(Uri.file(target))).then(() => true, () => false);
}
