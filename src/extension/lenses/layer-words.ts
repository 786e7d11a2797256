import { l10n } from "vscode";
import { formatNumber, formatR2, noNumber } from "../../shared/format";
import { suggestedAlpha, suggestedR2, type Intent } from "../../shared/intent";
import type { Replacement } from "../../shared/replacement";
import { formatCostIn } from "../../shared/replacement-words";
import type { LayerResult, Result, TrainedLayer } from "../../shared/result";
import { trainedText } from "../../shared/trained-words";

/** Alphas of several layers together; those that no input determined are left out. */
export interface AlphaRange {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** Range of the suggested alphas; undefined where none of the layers has one. */
export function alphaRange(layers: readonly LayerResult[], intent: Intent): AlphaRange | undefined {
  return rangeOfAlphas(layers.map((layer) => suggestedAlpha(layer, intent)));
}

/** Range of the alphas that are numbers; undefined where there is none. */
export function rangeOfAlphas(all: readonly number[]): AlphaRange | undefined {
  const alphas = all.filter(Number.isFinite).sort((a, b) => a - b);
  if (alphas.length === 0) return undefined;
  const middle = (alphas.length - 1) / 2;
  return { low: alphas[0]!, median: (alphas[Math.floor(middle)]! + alphas[Math.ceil(middle)]!) / 2, high: alphas.at(-1)! };
}

/**
 * What a lens says of the layers under its line: "alpha 0.324 · R² 0.9931", "32 layers, alpha 0.11 to 0.48"; of layers that are DyT or the like already, what
 * training made of alpha. It says so where the alphas are not measured, and where they were measured on random input.
 */
export function lensText(layers: readonly LayerResult[], intent: Intent, { input, replacement }: Pick<Result, "input" | "replacement">): string {
  const trained = trainedOf(layers);
  if (trained === undefined && intent === "scratch") return scratchText(layers);
  const replaced = replacedText(layers, replacement);
  const known = trained === undefined ? measuredText(layers) : trainedLensText(layers, trained);
  const text = replaced === undefined ? known : `${known} · ${replaced}`;
  return input.kind === "random" ? l10n.t("{0} · random input", text) : text;
}

/**
 * What replacing each of the layers alone costs: "replaced: +0.00433 nats; with 0.5: +0.00550", "replaced one at a time: -0.0007 to +0.336 nats";
 * undefined where it was not measured.
 */
export function replacedText(layers: readonly LayerResult[], replacement: Replacement | undefined): string | undefined {
  if (replacement === undefined) return undefined;
  const names = new Set(layers.map(({ name }) => name));
  const costs = replacement.layers.filter(({ name }) => names.has(name)).toSorted((a, b) => (a.cost ?? Infinity) - (b.cost ?? Infinity));
  const [least, most] = [costs[0], costs.at(-1)];
  if (least === undefined || most === undefined) return undefined;
  const inUnit = (cost: number | null) => formatCostIn(cost, replacement.measure);
  if (costs.length > 1) return l10n.t("replaced one at a time: {0} to {1}", inUnit(least.cost), inUnit(most.cost));
  return l10n.t("replaced: {0}; with 0.5: {1}", inUnit(least.cost), inUnit(least.defaultCost));
}

/** What training made of layers that are DyT or the like already; undefined where one of them is a norm. */
export function trainedOf(layers: readonly LayerResult[]): readonly TrainedLayer[] | undefined {
  const trained = layers.flatMap((layer) => layer.trained ?? []);
  return trained.length === layers.length && trained.length > 0 ? trained : undefined;
}

/** "trained alpha 0.62, 1/std 0.71", "6 layers, trained alpha 0.31 to 0.88". */
function trainedLensText(layers: readonly LayerResult[], trained: readonly TrainedLayer[]): string {
  const [first, ...others] = trained;
  if (first !== undefined && others.length === 0) return l10n.t("trained alpha {0}, 1/std {1}", trainedText(first), formatNumber(layers[0]?.inverseStd ?? Number.NaN));
  const [low, high] = [Math.min(...trained.map(({ alphaMin }) => alphaMin)), Math.max(...trained.map(({ alphaMax }) => alphaMax))].map((alpha) => formatNumber(alpha));
  return low === high ? l10n.t("{0} layers, trained alpha {1}", layers.length, low ?? "") : l10n.t("{0} layers, trained alpha {1} to {2}", layers.length, low ?? "", high ?? "");
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
