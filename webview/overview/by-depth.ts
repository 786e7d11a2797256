import { t } from "@vscode/l10n";
import type { ChartDataset } from "chart.js";
import { hasAlpha } from "../../src/shared/alpha";
import { formatNumber, formatR2, formatShare, printable } from "../../src/shared/format";
import { suggestedAlpha, type Intent } from "../../src/shared/intent";
import { normRoles, type NormRole } from "../../src/shared/norm";
import type { LayerResult } from "../../src/shared/result";
import { axisLook, axisTitle, tooltipLook } from "../axes";
import type { DrawingConfig } from "../chart-canvas";
import { shortened } from "../names";
import type { Place } from "../place";
import { faded, roleShapes, type Theme } from "../theme";

type Series = ChartDataset<"scatter", Place[]>;
type Stroke = "solid" | "dashed" | "dotted";

/** What is drawn against depth. */
export interface ByDepth {
  readonly layers: readonly LayerResult[];
  /** Layers that are compared with those of the same index; empty where nothing is compared. */
  readonly others: readonly (LayerResult | undefined)[];
  readonly intent: Intent;
  readonly hidden: readonly NormRole[];
  readonly theme: Theme;
}

/** One quantity of a drawing: its line in the colour of every role. */
interface Quantity {
  readonly name: string;
  readonly stroke: Stroke;
  /** Whether its points have the shape of the role. */
  readonly marked: boolean;
  readonly value: (layer: LayerResult) => number;
}

/** The suggested alpha and 1/std of every layer, on a logarithmic axis. */
export function alphaByDepth(data: ByDepth): DrawingConfig {
  const { intent } = data;
  const alpha: Quantity = { name: intent === "scratch" ? t("α scratch") : t("α convert"), stroke: "solid", marked: true, value: (layer) => suggestedAlpha(layer, intent) };
  const inverseStd: Quantity = { name: "1 / std", stroke: "dashed", marked: false, value: (layer) => layer.inverseStd };
  return logarithmic(data, [...series(data, [inverseStd, alpha]), ...comparedSeries(data, alpha)]);
}

/** R² of the line, the tanh and the ceiling of every layer. */
export function scoresByDepth(data: ByDepth): DrawingConfig {
  const tanh: Quantity = { name: t("R² tanh"), stroke: "solid", marked: true, value: ({ fit }) => fit.r2 };
  const line: Quantity = { name: t("R² line"), stroke: "dashed", marked: false, value: ({ linear }) => linear.r2 };
  const ceiling: Quantity = { name: t("R² ceiling"), stroke: "dotted", marked: false, value: ({ ceiling: { r2 } }) => r2 };
  return linear(data, [...series(data, [ceiling, line, tanh]), ...comparedSeries(data, tanh)], formatR2, { max: 1 });
}

/** Share of every layer's elements beyond 1, 2 and 3, at the pooled alpha. */
export function saturationByDepth(data: ByDepth): DrawingConfig {
  const beyond = (threshold: "1" | "2" | "3", stroke: Stroke, marked: boolean): Quantity => ({
    name: `|α · x| > ${threshold}`,
    stroke,
    marked,
    value: (layer) => (hasAlpha(layer) ? layer.saturation[threshold] : Number.NaN),
  });
  const quantities = [beyond("3", "dotted", false), beyond("2", "dashed", false), beyond("1", "solid", true)];
  const shares = [...series(data, quantities), ...comparedSeries(data, beyond("1", "solid", true))];
  return linear(data, shares, formatShare, { min: 0 });
}

/** The roles of the layers, in the order of legends. */
export function rolesOf(layers: readonly LayerResult[]): NormRole[] {
  return normRoles.filter((role) => layers.some((layer) => layer.role === role));
}

function shownRoles({ layers, hidden }: ByDepth): NormRole[] {
  return rolesOf(layers).filter((role) => !hidden.includes(role));
}

function series(data: ByDepth, quantities: readonly Quantity[]): Series[] {
  const { layers, theme } = data;
  return shownRoles(data).flatMap((role) =>
    quantities.map(({ name, stroke, marked, value }): Series => {
      const own = layers.map((layer, x) => ({ layer, x, y: value(layer) })).filter(({ layer, y }) => layer.role === role && Number.isFinite(y));
      const color = theme.roles[role];
      return {
        label: name,
        data: own.map(({ x, y }) => ({ x, y })),
        showLine: true,
        borderColor: marked ? color : faded(color, 0.65),
        borderDash: dashOf(stroke),
        borderWidth: marked ? 1.75 : 1.25,
        pointStyle: marked ? roleShapes[role] : "circle",
        pointRadius: marked ? 3.5 : 0,
        pointHoverRadius: marked ? 6 : 3,
        pointBorderColor: color,
        // Hollow where alpha is only bounded: the layer is nearly a line.
        pointBackgroundColor: own.map(({ layer }) => (layer.fit.status === "ok" ? color : theme.page)),
      };
    }),
  );
}

/** The same quantity in the result that is compared with: hollow, in one colour. */
function comparedSeries(data: ByDepth, { name, value }: Quantity): Series[] {
  const { others, theme } = data;
  if (others.length === 0) return [];
  return shownRoles(data).map((role): Series => ({
    label: t("{0}, compared", name),
    data: others.flatMap((layer, x) => (layer?.role === role && Number.isFinite(value(layer)) ? [{ x, y: value(layer) }] : [])),
    showLine: true,
    borderColor: theme.other,
    borderDash: [6, 3],
    borderWidth: 1.25,
    pointStyle: roleShapes[role],
    pointRadius: 3.5,
    pointHoverRadius: 6,
    pointBorderColor: theme.other,
    pointBackgroundColor: theme.page,
  }));
}

function dashOf(stroke: Stroke): number[] {
  return { solid: [], dashed: [5, 4], dotted: [1, 3] }[stroke];
}

function linear(data: ByDepth, datasets: Series[], format: (value: number) => string, range: { readonly min?: number; readonly max?: number }): DrawingConfig {
  const look = axisLook(data.theme);
  const ticks = { ...look.ticks, maxTicksLimit: 6, callback: (value: number | string) => tick(Number(value), format) };
  return drawing(data, datasets, format, { ...look, ...range, type: "linear", ticks });
}

/** Whole shares without their decimal, since axes have little room. */
function tick(value: number, format: (value: number) => string): string {
  return format === formatShare ? `${formatNumber(100 * value, 2)} %` : String(Number(value.toPrecision(4)));
}

/** Points stand clear of the drawing's edges by this factor. */
const clearance = 1.35;

function logarithmic(data: ByDepth, all: Series[]): DrawingConfig {
  const datasets = all.map((each) => ({ ...each, data: each.data.filter(({ y }) => y > 0) }));
  const values = datasets.flatMap(({ data: points }) => points.map(({ y }) => y));
  const min = values.length > 0 ? Math.min(...values) / clearance : 0.1;
  const max = values.length > 0 ? Math.max(...values) * clearance : 1;
  const look = axisLook(data.theme);
  return drawing(data, datasets, formatNumber, {
    ...look,
    type: "logarithmic",
    min,
    max,
    ticks: { ...look.ticks, callback: (value) => formatNumber(Number(value), 1) },
    afterBuildTicks: (axis) => { axis.ticks = logarithmicTicks(min, max).map((value) => ({ value })); },
  });
}

/** 1 and 3 of every decade in range, and 2 and 5 instead of 3 where the range is small. */
function logarithmicTicks(low: number, high: number): number[] {
  const leading = high / low > 30 ? [1, 3] : [1, 2, 5];
  const decades = Array.from({ length: Math.ceil(Math.log10(high / low)) + 2 }, (_, step) => Math.floor(Math.log10(low)) + step);
  return decades.flatMap((decade) => leading.map((digit) => digit * 10 ** decade)).filter((each) => each >= low && each <= high);
}

type ValueAxis = NonNullable<NonNullable<NonNullable<DrawingConfig["options"]>["scales"]>["y"]>;

function drawing({ layers, theme }: ByDepth, datasets: Series[], format: (value: number) => string, y: ValueAxis): DrawingConfig {
  return {
    type: "scatter",
    data: { datasets },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "nearest", axis: "x", intersect: false },
      plugins: {
        tooltip: {
          ...tooltipLook(theme),
          callbacks: {
            title: ([first]) => (first?.parsed.x == null ? "" : shortened(printable(layers[first.parsed.x]?.name ?? ""))),
            label: ({ dataset, parsed }) => `${dataset.label ?? ""}  ${format(parsed.y ?? Number.NaN)}`,
          },
        },
      },
      scales: {
        x: {
          type: "linear",
          min: -0.5,
          max: layers.length - 0.5,
          grid: { display: false },
          border: { color: theme.grid },
          ticks: { color: theme.text, maxRotation: 0, callback: (value) => String(layers[Number(value)]?.depth ?? "") },
          afterBuildTicks: (axis) => { axis.ticks = blockStarts(layers).map((value) => ({ value })); },
          title: axisTitle(t("block"), theme),
        },
        y,
      },
    },
  };
}

/** Index of the first layer of every block. */
function blockStarts(layers: readonly LayerResult[]): number[] {
  return [...layers.keys()].filter((index) => index === 0 || layers[index]?.depth !== layers[index - 1]?.depth);
}
