import { l10n } from "vscode";
import { formatNumber, formatR2, noNumber } from "../../shared/format";
import { suggestedAlpha, suggestedR2, type Intent } from "../../shared/intent";
import type { LayerResult, Result } from "../../shared/result";

/** Alphas of several layers together; those that no input determined are left out. */
export interface AlphaRange {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** Range of the suggested alphas; undefined where none of the layers has one. */
export function alphaRange(layers: readonly LayerResult[], intent: Intent): AlphaRange | undefined {
  const alphas = layers.map((layer) => suggestedAlpha(layer, intent)).filter(Number.isFinite).sort((a, b) => a - b);
  if (alphas.length === 0) return undefined;
  const middle = (alphas.length - 1) / 2;
  return { low: alphas[0]!, median: (alphas[Math.floor(middle)]! + alphas[Math.ceil(middle)]!) / 2, high: alphas.at(-1)! };
}

/**
 * What a lens says of the layers under its line: "alpha 0.324 · R² 0.9931", "32 layers, alpha 0.11 to 0.48". It says so where the alphas are
 * not measured, and where they were measured on random input.
 */
export function lensText(layers: readonly LayerResult[], intent: Intent, { input }: Pick<Result, "input">): string {
  const text = intent === "convert" ? measuredText(layers) : scratchText(layers);
  return intent === "convert" && input.kind === "random" ? l10n.t("{0} · random input", text) : text;
}

function measuredText(layers: readonly LayerResult[]): string {
  const range = alphaRange(layers, "convert");
  const [layer] = layers;
  if (layers.length === 1 && layer !== undefined) {
    return range === undefined ? l10n.t("no alpha: its input did not vary") : l10n.t("alpha {0} · R² {1}", formatNumber(range.median), r2Text(layer, "convert"));
  }
  if (range === undefined) return l10n.t("{0} layers, no alpha", layers.length);
  const [low, high] = [formatNumber(range.low), formatNumber(range.high)];
  return low === high ? l10n.t("{0} layers, alpha {1}", layers.length, low) : l10n.t("{0} layers, alpha {1} to {2}", layers.length, low, high);
}

function scratchText(layers: readonly LayerResult[]): string {
  const range = alphaRange(layers, "scratch");
  const [low, high] = [formatNumber(range?.low ?? Number.NaN), formatNumber(range?.high ?? Number.NaN)];
  if (layers.length === 1) return l10n.t("scratch alpha {0}", low);
  return low === high ? l10n.t("{0} layers, scratch alpha {1}", layers.length, low) : l10n.t("{0} layers, scratch alpha {1} to {2}", layers.length, low, high);
}

/** How well the suggested alpha does; a dash where it is meant for another network. */
export function r2Text(layer: LayerResult, intent: Intent): string {
  return formatR2(suggestedR2(layer, intent) ?? Number.NaN);
}

/** Alpha of one layer as text. */
export function alphaText(layer: LayerResult, intent: Intent): string {
  const alpha = suggestedAlpha(layer, intent);
  return Number.isFinite(alpha) ? formatNumber(alpha) : noNumber;
}
