import { Disposable, env, l10n, window } from "vscode";
import { UserError } from "../../shared/errors";
import { formatNumber, printable } from "../../shared/format";
import { suggestedAlpha } from "../../shared/intent";
import type { Parts } from "../parts";
import { registerCommand } from "../register-command";
import { isLayerItem, uriOfResult } from "../tree/items";
import { exportAlphas } from "./export-alphas";
import { Previews } from "./previews";

/** Registers Export Alphas, Copy Alpha. */
export function registerExportCommands({ context, results, panels, intent, log }: Parts): Disposable {
  const previews = new Previews();
  const parts = { results, intent, memory: context.globalState, previews };
  return Disposable.from(
    previews,
    registerCommand(log, "exportAlphas", async (given, format) => {
      const uri = uriOfResult(given) ?? panels.activeResult ?? results.currentUri;
      if (uri === undefined) throw new UserError(l10n.t("There is no result to export: analyze a checkpoint or open a result first."));
      await exportAlphas(parts, uri, typeof format === "string" ? format : undefined);
    }),
    registerCommand(log, "copyAlpha", async (given) => {
      if (!isLayerItem(given)) return;
      const alpha = suggestedAlpha(given.layer, intent.value);
      if (!Number.isFinite(alpha)) throw new UserError(l10n.t("The input of {0} determined no alpha.", printable(given.layer.name)));
      await env.clipboard.writeText(String(Number(alpha.toPrecision(4))));
      window.setStatusBarMessage(l10n.t("$(check) Copied {0}", formatNumber(alpha)), 2000);
    }),
  );
}
