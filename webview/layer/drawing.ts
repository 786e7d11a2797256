import { t } from "@vscode/l10n";
import type { ChartDataset } from "chart.js";
import { curves } from "../../src/analysis/curves";
import type { WhatIf } from "../../src/analysis/what-if";
import { hasAlpha } from "../../src/shared/alpha";
import { formatNumber } from "../../src/shared/format";
import type { CurveData, LayerResult } from "../../src/shared/result";
import { axisLook, axisTitle, stillChart, tooltipLook } from "../axes";
import type { DrawingConfig } from "../chart-canvas";
import type { Place } from "../place";
import type { Theme } from "../theme";
import { cloudColors, cloudSeries, type CloudPoint } from "./cloud";
import { extentOf } from "./extent";
import type { LayerViewState } from "./view-state";

type Series = ChartDataset<"scatter", Place[]>;

/** What a drawing of one layer shows. */
export interface LayerDrawing {
  readonly layer: LayerResult;
  readonly other: LayerResult | undefined;
  readonly view: LayerViewState;
  /** At an alpha that the user tries. */
  readonly tried: WhatIf | undefined;
  readonly theme: Theme;
  /** The sampled elements on the drawn side of the affine. */
  readonly points: readonly CloudPoint[];
}

/** Points of a drawn function. */
const samples = 200;

/** The cloud with the curves over it. */
export function layerConfig(drawn: LayerDrawing): DrawingConfig {
  const { layer, view, theme, points } = drawn;
  const extent = extentOf(layer, points, view);
  const by = cloudOf(view);
  const lines = view.side === "before" ? linesBefore(drawn, extent.x) : linesAfter(drawn, extent.x);
  const look = axisLook(theme);
  const yTitle = view.side === "before" ? t("x̂, normalised, before the affine") : t("y, after the norm's weight and bias");
  return {
    type: "scatter",
    data: { datasets: [...lines, ...(by === "density" ? [] : cloudSeries(points, by, theme))] },
    options: {
      ...stillChart,
      plugins: {
        tooltip: {
          ...tooltipLook(theme),
          filter: ({ dataset }) => dataset.label !== undefined,
          callbacks: {
            title: ([first]) => (first?.parsed.x == null ? "" : `x = ${formatNumber(first.parsed.x)}`),
            label: ({ dataset, parsed }) => `${dataset.label ?? ""}  ${formatNumber(parsed.y ?? Number.NaN)}`,
          },
        },
      },
      scales: {
        x: { ...look, type: "linear", min: extent.x[0], max: extent.x[1], title: axisTitle(t("x, the norm's input"), theme) },
        y: { ...look, type: "linear", min: extent.y[0], max: extent.y[1], title: axisTitle(yTitle, theme) },
      },
    },
  };
}

/** The cloud that can be drawn: the counts are of values before the affine. */
export function cloudOf({ cloud, side }: LayerViewState): LayerViewState["cloud"] {
  return side === "after" && cloud === "density" ? "channel" : cloud;
}

function linesBefore({ layer, other, view, tried, theme }: LayerDrawing, range: readonly [number, number]): Series[] {
  const { fit, linear, curve } = layer;
  const centre = weightedMean(curve.binnedMean);
  const fitted = (x: number) => fittedValue(layer, view.family, x);
  return [
    ...(tried === undefined ? [] : [stroke(t("tried"), theme.tanh, 2.5, [8, 4], range, (x) => tried.gain * Math.tanh(tried.alpha * x) + tried.offset)]),
    ...(hasAlpha(layer) ? [stroke(view.family, theme.tanh, tried === undefined ? 2.5 : 1.25, [], range, fitted)] : []),
    stroke(t("line"), theme.line, 1.5, [6, 4], range, (x) => linear.slope * (x - centre.x) + centre.y),
    ...(view.unitGain && hasAlpha(layer) ? [stroke(t("unit gain"), theme.unit, 1.5, [2, 3], range, (x) => Math.tanh((tried?.alpha ?? fit.unitGain.alpha) * x))] : []),
    means(t("mean"), curve.binnedMean, theme.mean, theme.page),
    ...(other !== undefined && hasAlpha(other) ? [stroke(t("tanh, compared"), theme.other, 1.75, [6, 3], range, (x) => other.fit.gain * Math.tanh(other.fit.alpha * x) + other.fit.offset)] : []),
    ...(other === undefined ? [] : [means(t("mean, compared"), other.curve.binnedMean, theme.page, theme.other)]),
  ];
}

function fittedValue({ fit, families }: LayerResult, family: LayerViewState["family"], x: number): number {
  const other = families.find(({ name }) => name === family);
  if (family === "tanh" || other === undefined) return fit.gain * Math.tanh(fit.alpha * x) + fit.offset;
  return other.gain * curves[family].value(other.alpha * x + other.shift) + other.offset;
}

/** The DyT of the channels that have a colour: gamma * tanh(alpha * x) + beta, or what the norm's own affine makes of a tried alpha. */
function linesAfter({ layer, tried, points }: LayerDrawing, range: readonly [number, number]): Series[] {
  if (!hasAlpha(layer)) return [];
  const { channel, weight, bias, gamma, beta } = layer.curve.affine;
  return [...cloudColors(points, "channel")].map(([own, color]) => {
    const at = channel.indexOf(own);
    const { alpha, gain, offset } = tried === undefined
      ? { alpha: layer.perChannel.alpha, gain: gamma[at] ?? Number.NaN, offset: beta[at] ?? Number.NaN }
      : { alpha: tried.alpha, gain: (weight[at] ?? Number.NaN) * tried.gain, offset: (weight[at] ?? Number.NaN) * tried.offset + (bias[at] ?? Number.NaN) };
    return stroke(t("channel {0}", own), color, 2, [], range, (x) => gain * Math.tanh(alpha * x) + offset);
  });
}

function stroke(label: string, color: string, width: number, dash: number[], [low, high]: readonly [number, number], f: (x: number) => number): Series {
  const xs = Array.from({ length: samples + 1 }, (_, step) => low + ((high - low) * step) / samples);
  return {
    label,
    data: xs.map((x) => ({ x, y: f(x) })),
    showLine: true,
    pointRadius: 0,
    pointHoverRadius: 0,
    pointBackgroundColor: color,
    pointBorderColor: color,
    borderColor: color,
    borderWidth: width,
    borderDash: dash,
  };
}

function means(label: string, { x, y }: CurveData["binnedMean"], fill: string, border: string): Series {
  return {
    label,
    data: x.map((each, bin) => ({ x: each, y: y[bin] ?? Number.NaN })),
    pointRadius: 2,
    pointHoverRadius: 4,
    pointBackgroundColor: fill,
    pointBorderColor: border,
    pointBorderWidth: 0.75,
  };
}

/** The point through which the least-squares line goes. */
function weightedMean({ x, y, count }: CurveData["binnedMean"]): Place {
  const total = count.reduce((sum, each) => sum + each, 0);
  const mean = (values: readonly number[]) => values.reduce((sum, value, bin) => sum + value * (count[bin] ?? 0), 0) / total;
  return { x: mean(x), y: mean(y) };
}
