import { ConfigurationTarget, Disposable, l10n, languages, window, workspace, type DocumentSelector } from "vscode";
import { UserError } from "../../shared/errors";
import { printable } from "../../shared/format";
import type { Parts } from "../parts";
import { registerCommand } from "../register-command";
import { settings } from "../settings";
import { isLayerItem } from "../tree/items";
import { DytActionProvider } from "./dyt-actions";
import { NormHoverProvider } from "./hover-provider";
import { pickLayer } from "./layer-list";
import { NormLensProvider } from "./lens-provider";
import { NormLines } from "./norm-lines";

/** Files, unsaved documents and cells of notebooks; not the old sides of comparisons. */
const python: DocumentSelector = ["file", "untitled", "vscode-remote", "vscode-notebook-cell"].map((scheme) => ({ language: "python", scheme }));

/** Registers lenses, hovers and code actions over Python source, Toggle Lenses, Go to Source Line. */
export function registerLenses(parts: Parts): Disposable {
  const { norms, results, intent, source, panels, log } = parts;
  const lines = new NormLines(norms, results);
  const lenses = new NormLensProvider(lines, parts);
  return Disposable.from(
    lenses,
    languages.registerCodeLensProvider(python, lenses),
    languages.registerHoverProvider(python, new NormHoverProvider(lines, intent)),
    languages.registerCodeActionsProvider(python, new DytActionProvider(lines, norms, intent), { providedCodeActionKinds: DytActionProvider.kinds }),
    registerCommand(log, "toggleLenses", toggleLenses),
    registerCommand(log, "showLensLayers", async (given) => {
      const current = await results.current();
      if (current === undefined || !Array.isArray(given)) return;
      const names = new Set<unknown>(given);
      const layer = await pickLayer(current.result.layers.filter(({ name }) => names.has(name)), intent.value);
      if (layer !== undefined) await panels.showLayer(layer);
    }),
    registerCommand(log, "goToSource", async (given) => {
      if (!isLayerItem(given)) return;
      if (given.uri.toString() !== results.currentUri?.toString()) await results.use(given.uri);
      const place = await source.locate(given.layer.name);
      if (place === undefined) throw new UserError(l10n.t("No line of this workspace's Python files creates {0}: open the folder with the model's source.", printable(given.layer.name)));
      await window.showTextDocument(place.uri, { selection: place.range });
    }),
  );
}

/** Turns lenses on or off where the setting that holds for the document in front stands, in the user's settings where it stands nowhere. */
async function toggleLenses(): Promise<void> {
  const document = window.activeTextEditor?.document;
  const configuration = workspace.getConfiguration("normlens.codeLens", document);
  const values = configuration.inspect("enabled");
  const inWorkspace = values?.workspaceValue === undefined ? ConfigurationTarget.Global : ConfigurationTarget.Workspace;
  await configuration.update("enabled", !settings.codeLensEnabled(document), values?.workspaceFolderValue === undefined ? inWorkspace : ConfigurationTarget.WorkspaceFolder);
}
