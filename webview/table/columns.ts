import { t } from "@vscode/l10n";
import { hasAlpha } from "../../src/shared/alpha";
import { formatNumber, formatR2, formatShare, noNumber, printable } from "../../src/shared/format";
import type { LayerResult } from "../../src/shared/result";
import { trainedText } from "../../src/shared/trained-words";
import { glossary, type Term } from "../glossary";

export const columnNames = [
  "layer", "role", "trained", "convert", "pooled", "scratch", "inverseStd", "std", "linearR2", "tanhR2", "ceilingR2", "beyond1", "beyond2", "beyond3", "alphaChange", "r2Change",
] as const;
export type ColumnName = (typeof columnNames)[number];

/** A column of the table of layers. */
export interface Column {
  readonly name: ColumnName;
  readonly heading: string;
  /** What it means. */
  readonly title: string;
  /** What the rows are sorted by; NaN comes last either way. */
  key(layer: LayerResult, index: number, other: LayerResult | undefined): number | string;
  text(layer: LayerResult, other: LayerResult | undefined): string;
}

/** The column of the layers' names, by which a table is in the order of the forward pass. */
export function nameColumn(): Column {
  return { name: "layer", heading: t("layer"), title: t("In the order of the forward pass"), key: (_layer, index) => index, text: ({ name }) => printable(name) };
}

/** The columns behind that of the layers' names: what was trained only where layers are DyT or the like, changes only where something is compared. */
export function columnsFor(layers: readonly LayerResult[], comparing: boolean): readonly Column[] {
  const hasTrained = layers.some(({ trained }) => trained !== undefined);
  return [role(), ...(hasTrained ? [trainedColumn()] : []), ...measured(), ...(comparing ? changes() : [])];
}

const role = (): Column => ({ name: "role", heading: t("role"), title: t("Where in its block the norm stands"), key: (layer) => layer.role, text: (layer) => layer.role });

const trainedColumn = (): Column => numeric("trained", "trained", ({ trained }) => trained?.alpha ?? Number.NaN, ({ trained }) => (trained === undefined ? noNumber : trainedText(trained)));

const measured = (): readonly Column[] => [
  numeric("convert", "convert", convertAlpha, (layer) => formatNumber(convertAlpha(layer))),
  numeric("pooled", "pooled", (layer) => (hasAlpha(layer) ? layer.fit.alpha : Number.NaN), pooledText),
  numeric("scratch", "scratch", ({ suggest }) => suggest.scratch, ({ suggest }) => formatNumber(suggest.scratch)),
  numeric("inverseStd", "inverseStd", ({ inverseStd }) => inverseStd, ({ inverseStd }) => formatNumber(inverseStd)),
  numeric("std", "std", ({ input }) => input.std, ({ input }) => formatNumber(input.std)),
  numeric("linearR2", "linearR2", ({ linear }) => linear.r2, ({ linear }) => formatR2(linear.r2)),
  numeric("tanhR2", "tanhR2", ({ fit }) => fit.r2, ({ fit }) => formatR2(fit.r2)),
  numeric("ceilingR2", "ceilingR2", ({ ceiling }) => ceiling.r2, ({ ceiling }) => formatR2(ceiling.r2)),
  beyond("beyond1", "1"),
  beyond("beyond2", "2"),
  beyond("beyond3", "3"),
];

const changes = (): readonly Column[] => [
  change("alphaChange", t("Δ α convert"), t("α convert less that of the result compared with"), convertAlpha),
  change("r2Change", t("Δ R² tanh"), t("R² tanh less that of the result compared with"), ({ fit }) => fit.r2),
];

function numeric(name: ColumnName, term: Term, key: (layer: LayerResult) => number, text: (layer: LayerResult) => string): Column {
  const { name: heading, text: title } = glossary[term]();
  return { name, heading, title, key, text };
}

function beyond(name: ColumnName, threshold: "1" | "2" | "3"): Column {
  const share = (layer: LayerResult) => (hasAlpha(layer) ? layer.saturation[threshold] : Number.NaN);
  return { name, heading: `|αx| > ${threshold}`, title: glossary.saturation().text, key: share, text: (layer) => formatShare(share(layer)) };
}

function change(name: ColumnName, heading: string, title: string, value: (layer: LayerResult) => number): Column {
  const difference = (layer: LayerResult, other: LayerResult | undefined) => (other === undefined ? Number.NaN : value(layer) - value(other));
  return {
    name,
    heading,
    title,
    key: (layer, _index, other) => difference(layer, other),
    text: (layer, other) => signed(difference(layer, other)),
  };
}

function signed(value: number): string {
  if (!Number.isFinite(value)) return noNumber;
  return value > 0 ? `+${formatNumber(value)}` : value < 0 ? `−${formatNumber(-value)}` : "0";
}

function convertAlpha(layer: LayerResult): number {
  return hasAlpha(layer) ? layer.suggest.convert : Number.NaN;
}

function pooledText({ fit }: LayerResult): string {
  switch (fit.status) {
    case "ok":
      return formatNumber(fit.alpha);
    case "linear":
      return `≤ ${formatNumber(fit.alpha)}`;
    case "degenerate":
      return t("constant input");
    case "no-data":
      return t("no data");
  }
}
