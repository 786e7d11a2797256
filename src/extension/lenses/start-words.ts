import { l10n } from "vscode";
import { formatNumber } from "../../shared/format";
import type { Intent } from "../../shared/intent";
import type { LayerResult } from "../../shared/result";
import type { StartAlpha } from "../../source/norm-site";
import { alphaRange, rangeOfAlphas, trainedOf, type AlphaRange } from "./layer-words";

/** Characters of an expression that is shown. */
const longest = 40;
/** Alphas that differ by less, as a share, are the same: source has four digits. */
const sameness = 0.001;

/** The alphas that a lens shows of layers: what training made of them, where they are DyT already, else the suggestion. */
export function shownAlphas(layers: readonly LayerResult[], intent: Intent): AlphaRange | undefined {
  const trained = trainedOf(layers);
  return trained === undefined ? alphaRange(layers, intent) : rangeOfAlphas(trained.map(({ alpha }) => alpha));
}

/** What source has alphas start from, beside what a lens shows: "starts at 0.5, 1.54 times that", "..., 1.54 times the median"; undefined where source does not tell. */
export function startText(starts: readonly StartAlpha[], shown: AlphaRange | undefined): string | undefined {
  const [start, ...others] = starts;
  if (start === undefined) return undefined;
  if (others.length > 0) return l10n.t("starts at {0}", starts.map(textOf).join(", "));
  const times = timesOf(start, shown);
  if (shown === undefined || times === undefined) return l10n.t("starts at {0}", textOf(start));
  if (shown.low === shown.high) return isSame(times) ? l10n.t("starts there") : l10n.t("starts at {0}, {1} times that", textOf(start), formatNumber(times));
  return isSame(times) ? l10n.t("starts at {0}, the median", textOf(start)) : l10n.t("starts at {0}, {1} times the median", textOf(start), formatNumber(times));
}

/** The same of a single layer, for a line of a table: "0.5, 1.54 times that". */
export function comparedText(start: StartAlpha, shown: AlphaRange | undefined): string {
  const times = timesOf(start, shown);
  if (times === undefined) return textOf(start);
  return isSame(times) ? l10n.t("{0}, the same", textOf(start)) : l10n.t("{0}, {1} times that", textOf(start), formatNumber(times));
}

function textOf({ text, isDefault }: StartAlpha): string {
  const shown = text.replace(/\s+/g, " ").slice(0, longest);
  return isDefault ? l10n.t("{0} by default", shown) : shown;
}

function timesOf({ value }: StartAlpha, shown: AlphaRange | undefined): number | undefined {
  return value === undefined || shown === undefined || shown.median === 0 ? undefined : value / shown.median;
}

function isSame(times: number): boolean {
  return Math.abs(times - 1) < sameness;
}
