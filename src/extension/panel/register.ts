import { Disposable, l10n, window } from "vscode";
import { UserError } from "../../shared/errors";
import type { Parts } from "../parts";
import { registerCommand } from "../register-command";
import { isLayerItem, uriOfResult } from "../tree/items";
import { pickResult } from "./result-picker";

/** Registers Open Result, Compare with Result, Clear Result, Show Panel, Show Log, and what tree items do. */
export function registerPanelCommands(parts: Parts): Disposable {
  const { results, panels, log } = parts;
  return Disposable.from(
    registerCommand(log, "openResult", async (given) => {
      const uri = uriOfResult(given) ?? (await pickResult(results, l10n.t("Open Result")));
      if (uri !== undefined) await panels.showResult(uri);
    }),
    registerCommand(log, "compareWithResult", async (given) => {
      const shown = panels.activeResult ?? results.currentUri;
      const uri = uriOfResult(given) ?? (await pickResult(results, l10n.t("Compare with Result"), shown));
      if (uri === undefined) return;
      if (uri.toString() === shown?.toString()) throw new UserError(l10n.t("This result is shown already: choose another to compare with it."));
      await results.load(uri);
      await panels.compare(uri);
    }),
    registerCommand(log, "clearResult", () => results.clear()),
    registerCommand(log, "showPanel", () => panels.show()),
    registerCommand(log, "showLog", () => { log.show(); }),
    registerCommand(log, "showResult", async (given) => {
      const uri = uriOfResult(given);
      if (uri !== undefined) await panels.showResult(uri);
    }),
    registerCommand(log, "showLayer", async (given) => {
      if (isLayerItem(given)) {
        await results.use(given.uri);
        await panels.showLayer(given.layer.name);
      } else if (typeof given === "string") {
        await panels.showLayer(given);
      }
    }),
    registerCommand(log, "useResult", async (given) => {
      const uri = uriOfResult(given) ?? panels.activeResult;
      if (uri !== undefined) await results.use(uri);
    }),
    registerCommand(log, "removeResult", async (given) => {
      const uri = uriOfResult(given);
      if (uri === undefined) return;
      const remove = l10n.t("Remove");
      const answer = await window.showWarningMessage(l10n.t("Remove this result? Files outside the extension's own storage stay."), { modal: true }, remove);
      if (answer === remove) await results.remove(uri);
    }),
  );
}
