import { l10n, type Disposable } from "vscode";
import { UserError } from "../../shared/errors";
import { panelActionOf } from "../../shared/panel-action";
import type { Parts } from "../parts";
import { registerCommand } from "../register-command";
import { requireTrust, tellError } from "../run/analyze";
import { uriOfResult } from "../tree/items";
import { convertResult, type ConversionWish } from "./convert-checkpoint";

/** Registers Convert Checkpoint. */
export function registerConvertCommand(parts: Parts): Disposable {
  return registerCommand(parts.log, "convertCheckpoint", async (given, wish) => {
    requireTrust();
    const uri = uriOfResult(given) ?? parts.panels.activeResult ?? parts.results.currentUri;
    if (uri === undefined) throw new UserError(l10n.t("There is no result to convert a checkpoint with: analyze a checkpoint or open a result first."));
    await convertResult(parts, uri, wishOf(wish)).catch((error: unknown) => { tellError(parts, error); });
  });
}

/** What the panel asks for; other callers of the command ask for nothing. */
function wishOf(given: unknown): ConversionWish {
  const action = panelActionOf({ ...(typeof given === "object" && given), type: "convert" });
  if (action?.type !== "convert") return {};
  const { alphas, layers } = action;
  return { ...(alphas !== undefined && { alphas }), ...(layers !== undefined && { layers }) };
}
