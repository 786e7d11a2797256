import { l10n, QuickPickItemKind, ThemeIcon, Uri, window, workspace, type QuickPick, type QuickPickItem } from "vscode";
import { nameOf } from "./analyze";

interface Choice extends QuickPickItem {
  readonly pick?: () => Promise<Uri | undefined>;
}

/** Endings of checkpoints; ".bin" is that of many other files, too. */
const endings = ["safetensors", "safetensors.index.json", "pt", "pth", "ckpt", "gguf", "onnx", "keras", "h5", "msgpack", "msgpack.index.json"];
/** Braces in braces would find nothing: VS Code's search does not take them. */
const checkpointFiles = `**/{${[...endings.map((ending) => `*.${ending}`), "pytorch_model*.bin", "pytorch_model*.bin.index.json", "saved_model.pb"].join(",")}}`;

/** What training programs save beside a model. */
const trainingState = /\/(optimizer|scheduler|scaler|rng_state|random_states|training_args|trainer_state)[^/]*$/;

/** Checkpoints that are looked for in a workspace, at most. */
const most = 200;

/**
 * Asks which checkpoint: a recent one, wherever it is, one of the workspace, or another.
 * @param title of the command that asks
 * @param recent the last one first
 */
export async function pickCheckpoint(title: string, recent: readonly Uri[]): Promise<Uri | undefined> {
  const picker = window.createQuickPick<Choice>();
  picker.title = title;
  picker.placeholder = l10n.t("A folder, or a file of safetensors, PyTorch, GGUF or ONNX");
  picker.matchOnDescription = true;
  // What loads beside it must not take it away.
  picker.ignoreFocusOut = true;
  picker.busy = true;
  picker.items = choices([], []);
  picker.show();
  void offer(picker, recent);
  const choice = await new Promise<Choice | undefined>((resolve) => {
    picker.onDidAccept(() => { resolve(picker.selectedItems[0]); });
    picker.onDidHide(() => { resolve(undefined); });
  });
  picker.dispose();
  return choice?.pick?.();
}

/** Fills the list as checkpoints are found; without them, there is still the dialog. */
async function offer(picker: QuickPick<Choice>, recent: readonly Uri[]): Promise<void> {
  const there = await existing(recent);
  picker.items = choices([], there);
  const found = await findCheckpoints().catch((): Uri[] => []);
  picker.items = choices(found, there);
  picker.busy = false;
}

/** Those that have not gone since. */
export async function existing(uris: readonly Uri[]): Promise<readonly Uri[]> {
  const there = await Promise.all(uris.map((uri) => workspace.fs.stat(uri).then(() => true, () => false)));
  return uris.filter((_, index) => there[index]);
}

function choices(found: readonly Uri[], recent: readonly Uri[]): Choice[] {
  const known = new Set(recent.map((uri) => uri.toString()));
  return [
    ...group(l10n.t("recent"), recent.map(itemOf)),
    ...group(l10n.t("in this workspace"), found.filter((uri) => !known.has(uri.toString())).map(itemOf)),
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
  const isFile = [...endings, "bin", "bin.index.json"].some((ending) => uri.path.endsWith(`.${ending}`));
  return { label: nameOf(uri), description: workspace.asRelativePath(uri), iconPath: new ThemeIcon(isFile ? "file-binary" : "folder"), pick: () => Promise.resolve(uri) };
}

/** Folders that hold a configuration beside weights, and weights that stand without one. */
async function findCheckpoints(): Promise<Uri[]> {
  const nowhere = "**/{node_modules,.git,.venv,venv,__pycache__}/**";
  const files = (await workspace.findFiles(checkpointFiles, nowhere, most)).filter((uri) => !trainingState.test(uri.path));
  const configurations = await workspace.findFiles("**/config.json", nowhere, most);
  const parent = (uri: Uri) => Uri.joinPath(uri, "..").toString();
  const configured = new Set(configurations.map(parent));
  const folders = new Set(files.map(parent).filter((folder) => configured.has(folder)));
  // What our own exports write is no checkpoint.
  const loose = files.filter((uri) => !folders.has(parent(uri)) && !uri.path.endsWith(".normlens.safetensors"));
  return [...[...folders].map((folder) => Uri.parse(folder)), ...loose];
}

/** Asks for a folder or a file, which no one dialog of every system can. */
async function browseForCheckpoint(kind: "folder" | "file"): Promise<Uri | undefined> {
  const [chosen] =
    (await window.showOpenDialog({
      title: kind === "folder" ? l10n.t("Folder of a Checkpoint") : l10n.t("Checkpoint File"),
      openLabel: l10n.t("Analyze"),
      canSelectFiles: kind === "file",
      canSelectFolders: kind === "folder",
      ...(kind === "file" && { filters: { [l10n.t("Checkpoints")]: ["safetensors", "pt", "pth", "ckpt", "bin", "gguf", "onnx", "keras", "h5", "hdf5", "msgpack", "json"], [l10n.t("All Files")]: ["*"] } }),
    })) ?? [];
  return chosen;
}
