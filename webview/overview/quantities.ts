import { t } from "@vscode/l10n";
import { hasAlpha } from "../../src/shared/alpha";
import { suggestedAlpha, type Intent } from "../../src/shared/intent";
import type { LayerResult } from "../../src/shared/result";
import type { Stroke } from "../legend";

/** What is drawn against depth: a number of every layer. */
export interface Quantity {
  readonly name: string;
  /** In the legend, where its place is enough to be understood. */
  readonly short?: string;
  readonly stroke: Stroke;
  /** Whether its points have the shape of their role; one of a drawing's quantities has, and is compared. */
  readonly marked: boolean;
  /** Whether the points of layers whose alpha is only bounded are hollow. */
  readonly hollowWhereBounded?: boolean;
  readonly value: (layer: LayerResult) => number;
}

/** 1/std and the suggested alpha; before them what was trained, where layers are DyT or the like. */
export function alphaQuantities(layers: readonly LayerResult[], intent: Intent): readonly Quantity[] {
  const trained: Quantity = { name: t("α trained"), stroke: "dotted", marked: false, value: (layer) => layer.trained?.alpha ?? Number.NaN };
  return [
    ...(layers.some((layer) => layer.trained !== undefined) ? [trained] : []),
    { name: "1 / std", stroke: "dashed", marked: false, value: ({ inverseStd }) => inverseStd },
    {
      name: intent === "scratch" ? t("α scratch") : t("α convert"),
      stroke: "solid",
      marked: true,
      hollowWhereBounded: intent === "convert",
      value: (layer) => suggestedAlpha(layer, intent),
    },
  ];
}

/** R² of the ceiling, the line and the tanh. */
export function scoreQuantities(): readonly Quantity[] {
  return [
    { name: t("R² ceiling"), stroke: "dotted", marked: false, value: ({ ceiling: { r2 } }) => r2 },
    { name: t("R² line"), stroke: "dashed", marked: false, value: ({ linear }) => linear.r2 },
    { name: t("R² tanh"), stroke: "solid", marked: true, value: ({ fit }) => fit.r2 },
  ];
}

/** Shares of the elements beyond 3, 2 and 1, at the pooled alpha. */
export function saturationQuantities(): readonly Quantity[] {
  const beyond = (threshold: "1" | "2" | "3", stroke: Stroke): Quantity => ({
    name: `|α · x| > ${threshold}`,
    ...(threshold !== "1" && { short: `> ${threshold}` }),
    stroke,
    marked: threshold === "1",
    value: (layer) => (hasAlpha(layer) ? layer.saturation[threshold] : Number.NaN),
  });
  return [beyond("3", "dotted"), beyond("2", "dashed"), beyond("1", "solid")];
}
