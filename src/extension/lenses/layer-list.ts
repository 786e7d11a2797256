import { l10n, window, type QuickPickItem } from "vscode";
import { formatNumber, printable } from "../../shared/format";
import type { Intent } from "../../shared/intent";
import type { LayerResult } from "../../shared/result";
import { alphaText, r2Text } from "./layer-words";

/** Lists the layers under one line, and asks for one. */
export async function pickLayer(layers: readonly LayerResult[], intent: Intent): Promise<string | undefined> {
  const items = layers.map((layer): QuickPickItem & { readonly layer: string } => ({
    label: printable(layer.name),
    description: l10n.t("alpha {0}, 1/std {1}, R² {2}", alphaText(layer, intent), formatNumber(layer.inverseStd), r2Text(layer, intent)),
    layer: layer.name,
  }));
  const chosen = await window.showQuickPick(items, { title: l10n.t("{0} norm layers", layers.length), matchOnDescription: true });
  return chosen?.layer;
}
