import { t } from "@vscode/l10n";
import type { WhatIf } from "../../src/analysis/what-if";
import { hasAlpha } from "../../src/shared/alpha";
import { formatNumber } from "../../src/shared/format";
import type { LayerResult } from "../../src/shared/result";
import { counted } from "../counted";
import type { LegendKey } from "../legend";
import type { Theme } from "../theme";
import { cloudColors, type CloudPoint } from "./cloud";
import { cloudOf, type LayerDrawing } from "./drawing";

/** What the curves and colours of a layer's drawing stand for. */
export function layerKeys(drawn: LayerDrawing): readonly LegendKey[] {
  const curves = drawn.view.side === "before" ? keysBefore(drawn) : keysAfter(drawn);
  return [...curves, ...cloudKeys(drawn)];
}

function keysBefore({ layer, other, view, tried, theme }: LayerDrawing): LegendKey[] {
  const { fit, linear } = layer;
  return [
    ...(tried === undefined ? [] : [{ mark: "dashed", color: theme.tanh, text: t("tried: {0}", tanhText(tried)) } as const]),
    ...(hasAlpha(layer) ? [{ mark: "solid", color: theme.tanh, text: curveText(layer, view.family) } as const] : []),
    { mark: "dashed", color: theme.line, text: t("line, slope {0}", formatNumber(linear.slope)) },
    ...(view.unitGain && hasAlpha(layer) ? [{ mark: "dotted", color: theme.unit, text: `tanh(${formatNumber(tried?.alpha ?? fit.unitGain.alpha)} · x)` } as const] : []),
    { mark: "filled", color: theme.mean, text: t("mean of x̂ by x") },
    ...(other === undefined ? [] : [{ mark: "hollow", color: theme.other, text: t("compared") } as const]),
  ];
}

function keysAfter({ layer, tried }: LayerDrawing): LegendKey[] {
  if (!hasAlpha(layer)) return [];
  return [
    tried === undefined
      ? { mark: "solid", text: `γ · tanh(${formatNumber(layer.perChannel.alpha)} · x) + β`, title: t("With the weight and bias fitted to every channel") }
      : { mark: "solid", text: t("tried: weight · ({0}) + bias", tanhText(tried)), title: t("With the norm's own weight and bias around the pooled fit at this alpha") },
  ];
}

function cloudKeys({ points, view, theme }: LayerDrawing): LegendKey[] {
  switch (cloudOf(view)) {
    case "density":
      return [{ mark: "ramp", text: t("elements"), title: t("From few to many, on a logarithmic scale") }];
    case "token":
      return [{ mark: "motley", text: t("elements of {0}, a colour each", counted(new Set(points.map(({ token }) => token)).size, "token")) }];
    case "channel":
      return channelKeys(points, theme);
  }
}

function channelKeys(points: readonly CloudPoint[], theme: Theme): LegendKey[] {
  const own = [...cloudColors(points, "channel")].map(([channel, color]): LegendKey => ({ mark: "filled", color, text: t("channel {0}", channel) }));
  return [...own, { mark: "filled", color: theme.line, text: t("other channels") }];
}

function curveText({ fit, families }: LayerResult, name: LayerDrawing["view"]["family"]): string {
  const family = families.find((each) => each.name === name);
  if (name === "tanh" || family === undefined) return tanhText(fit);
  return `${formatNumber(family.gain)} · ${family.name}(${formatNumber(family.alpha)} · x ${signed(family.shift)}) ${signed(family.offset)}`;
}

function tanhText({ gain, alpha, offset }: Pick<WhatIf, "gain" | "alpha" | "offset">): string {
  return `${formatNumber(gain)} · tanh(${formatNumber(alpha)} · x) ${signed(offset)}`;
}

function signed(value: number): string {
  return value < 0 ? `− ${formatNumber(-value)}` : `+ ${formatNumber(value)}`;
}
