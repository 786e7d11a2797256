import { t } from "@vscode/l10n";
import { formatNumber, formatR2, formatShare, printable } from "../../src/shared/format";
import type { Intent } from "../../src/shared/intent";
import type { LayerResult } from "../../src/shared/result";
import { axisLook, axisTitle, logarithmicTicks, stillChart, tooltipLook } from "../axes";
import type { DrawingConfig } from "../chart-canvas";
import { shortened } from "../names";
import type { Theme } from "../theme";
import { alphaQuantities, saturationQuantities, scoreQuantities } from "./quantities";
import { seriesOf, type ByDepth, type Series } from "./series";

type ValueAxis = NonNullable<NonNullable<NonNullable<DrawingConfig["options"]>["scales"]>["y"]>;

/** The suggested alpha and 1/std of every layer, on a logarithmic axis. */
export function alphaByDepth(data: ByDepth, intent: Intent): DrawingConfig {
  const datasets = seriesOf(data, alphaQuantities(data.layers, intent)).map((each) => ({ ...each, data: each.data.filter(({ y }) => y > 0) }));
  return drawing(data, datasets, formatNumber, logarithmicAxis(data, datasets.flatMap(({ data: points }) => points.map(({ y }) => y))));
}

/** R² of the line, the tanh and the ceiling of every layer. */
export function scoresByDepth(data: ByDepth): DrawingConfig {
  return drawing(data, seriesOf(data, scoreQuantities()), formatR2, { ...linearAxis(data, (value) => String(Number(value.toPrecision(4)))), max: 1 });
}

/** Share of every layer's elements beyond 1, 2 and 3, at the pooled alpha. */
export function saturationByDepth(data: ByDepth): DrawingConfig {
  // Whole shares without their decimal, since axes have little room.
  return drawing(data, seriesOf(data, saturationQuantities()), formatShare, { ...linearAxis(data, (value) => `${Number((100 * value).toPrecision(3))} %`), min: 0 });
}

function linearAxis({ theme }: ByDepth, tick: (value: number) => string): ValueAxis {
  const look = axisLook(theme);
  return { ...look, type: "linear", ticks: { ...look.ticks, maxTicksLimit: 6, callback: (value) => tick(Number(value)) } };
}

/** Points stand clear of the drawing's edges by this factor. */
const clearance = 1.35;

function logarithmicAxis({ theme }: ByDepth, values: readonly number[]): ValueAxis {
  const min = values.length > 0 ? Math.min(...values) / clearance : 0.1;
  const max = values.length > 0 ? Math.max(...values) * clearance : 1;
  const look = axisLook(theme);
  return {
    ...look,
    type: "logarithmic",
    min,
    max,
    ticks: { ...look.ticks, callback: (value) => String(Number(Number(value).toPrecision(1))) },
    afterBuildTicks: (axis) => { axis.ticks = logarithmicTicks(min, max).map((value) => ({ value })); },
  };
}

function drawing({ layers, theme }: ByDepth, datasets: Series[], format: (value: number) => string, y: ValueAxis): DrawingConfig {
  return {
    type: "scatter",
    data: { datasets },
    options: {
      ...stillChart,
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
        x: depthAxis(layers, theme),
        y,
      },
    },
  };
}

/** An axis on which layers stand side by side, by index, with the numbers of their blocks. */
export function depthAxis(layers: readonly LayerResult[], theme: Theme): ValueAxis {
  return {
    type: "linear",
    // Bars would else stand half a layer apart from the edges.
    offset: false,
    min: -0.5,
    max: layers.length - 0.5,
    grid: { display: false },
    border: { color: theme.grid },
    ticks: { color: theme.text, maxRotation: 0, autoSkip: false, callback: (value) => depthText(layers[Number(value)]) },
    afterBuildTicks: (axis) => { axis.ticks = blockTicks(layers).map((value) => ({ value })); },
    title: axisTitle(t("block"), theme),
  };
}

/** A final norm is of no block. */
function depthText(layer: LayerResult | undefined): string {
  if (layer === undefined) return "";
  return layer.role === "final" ? t("end") : String(layer.depth);
}

/** The axis has room for this many ticks. */
const mostTicks = 9;

/** Index of the first layer of every block or, of many, of every second, fifth ...; the last is always among them. */
function blockTicks(layers: readonly LayerResult[]): number[] {
  const starts = [...layers.keys()].filter((index) => index === 0 || layers[index]?.depth !== layers[index - 1]?.depth);
  const stride = strides.find((each) => starts.length / each <= mostTicks) ?? Math.ceil(starts.length / mostTicks);
  const last = starts.length - 1;
  return starts.filter((_, block) => block === last || (block % stride === 0 && last - block > stride / 2));
}

const strides = [1, 2, 5, 10, 20, 50, 100, 200, 500];
