import { l10n, QuickPickItemKind, ThemeIcon, Uri, window, workspace, type QuickPickItem } from "vscode";
import { browseForCheckpoint, nameOf } from "./analyze";

interface Choice extends QuickPickItem {
  readonly pick?: () => Promise<Uri | undefined>;
}

/** Checkpoints that are looked for in a workspace, at most. */
const most = 200;

/** Asks which checkpoint: one of the workspace, the recent ones first, or another. */
export async function pickCheckpoint(recent: readonly string[]): Promise<Uri | undefined> {
  const picker = window.createQuickPick<Choice>();
  picker.title = l10n.t("Analyze Checkpoint");
  picker.placeholder = l10n.t("A Hugging Face folder, a .safetensors file or its index");
  picker.matchOnDescription = true;
  // What loads beside it must not take it away.
  picker.ignoreFocusOut = true;
  picker.busy = true;
  picker.items = choices([], recent);
  picker.show();
  void findCheckpoints().then((found) => {
    picker.items = choices(found, recent);
    picker.busy = false;
  });
  const choice = await new Promise<Choice | undefined>((resolve) => {
    picker.onDidAccept(() => { resolve(picker.selectedItems[0]); });
    picker.onDidHide(() => { resolve(undefined); });
  });
  picker.dispose();
  return choice?.pick?.();
}

function choices(found: readonly Uri[], recent: readonly string[]): Choice[] {
  const known = found.filter((uri) => recent.includes(uri.toString())).sort((a, b) => recent.indexOf(a.toString()) - recent.indexOf(b.toString()));
  const others = found.filter((uri) => !known.includes(uri));
  return [
    ...group(l10n.t("recent"), known.map(itemOf)),
    ...group(l10n.t("in this workspace"), others.map(itemOf)),
    ...group(l10n.t("elsewhere"), [
      { label: l10n.t("Browse for a folder..."), iconPath: new ThemeIcon("folder-opened"), pick: () => browseForCheckpoint("folder") },
      { label: l10n.t("Browse for a file..."), iconPath: new ThemeIcon("file"), pick: () => browseForCheckpoint("file") },
    ]),
  ];
}

function group(label: string, items: readonly Choice[]): Choice[] {
  return items.length === 0 ? [] : [{ label, kind: QuickPickItemKind.Separator }, ...items];
}

function itemOf(uri: Uri): Choice {
  const isFile = /\.(safetensors|json)$/.test(uri.path);
  return { label: nameOf(uri), description: workspace.asRelativePath(uri), iconPath: new ThemeIcon(isFile ? "file-binary" : "folder"), pick: () => Promise.resolve(uri) };
}

/** Folders that hold a configuration beside weights, and weights that stand without one. */
async function findCheckpoints(): Promise<Uri[]> {
  const nowhere = "**/{node_modules,.git,.venv,venv,__pycache__}/**";
  const files = await workspace.findFiles("**/*.{safetensors,safetensors.index.json}", nowhere, most);
  const configurations = await workspace.findFiles("**/config.json", nowhere, most);
  const parent = (uri: Uri) => Uri.joinPath(uri, "..").toString();
  const configured = new Set(configurations.map(parent));
  const folders = new Set(files.map(parent).filter((folder) => configured.has(folder)));
  // What our own exports write is no checkpoint.
  const loose = files.filter((uri) => !folders.has(parent(uri)) && !uri.path.endsWith(".normlens.safetensors"));
  return [...[...folders].map((folder) => Uri.parse(folder)), ...loose];
}
