import { Chart, type ChartDataset, type Plugin } from "chart.js";
import { formatNumber } from "../src/shared/format";
import type { CurveData, LayerResult } from "../src/shared/result";
import { choice, element } from "./dom";
import type { Place } from "./place";
import { currentTheme, type Rgb, type Theme } from "./theme";

type Series = ChartDataset<"scatter", Place[]>;
type Cloud = "density" | "token" | "channel";
type Range = "core" | "all";

/** The drawing of one layer. */
export interface CurveView {
  readonly root: HTMLElement;
  show(layer: LayerResult): void;
  /** Draws anew, in the colours of the theme. */
  redraw(): void;
}

/** Points of a drawn function. */
const samples = 240;
/** Channels of largest magnitude that get a colour of their own; the others stay grey. */
const colouredChannels = 8;

/** The cloud of (x, x̂) with the fitted tanh, the line and the binned mean over it. */
export function createCurveView(): CurveView {
  let cloud: Cloud = "density";
  let range: Range = "core";
  let layer: LayerResult | undefined;
  let drawing: Chart<"scatter", Place[]> | undefined;
  const target = element("canvas", { role: "img" });
  const legend = element("div", { class: "legend" });
  const empty = element("p", { class: "empty" }, "No input of this layer was seen, so there is nothing to draw.");

  const redraw = () => {
    drawing?.destroy();
    drawing = undefined;
    if (layer === undefined) return;
    const drawable = layer.curve.binnedMean.x.length > 0;
    target.hidden = !drawable;
    empty.hidden = drawable;
    const theme = currentTheme();
    legend.replaceChildren(...keys(layer, theme));
    target.setAttribute("aria-label", describe(layer));
    if (drawable) drawing = draw(target, layer, cloud, range, theme);
  };
  const clouds = choice<Cloud>(
    "Cloud",
    [
      { value: "density", text: "density", title: "How many elements lie where, darker is more" },
      { value: "token", text: "by token", title: "Sampled elements, one colour for every token: within a token the norm is a straight line" },
      { value: "channel", text: "by channel", title: "Sampled elements; the channels of largest magnitude have a colour of their own" },
    ],
    cloud,
    (value) => {
      cloud = value;
      redraw();
    },
  );
  const ranges = choice<Range>(
    "Range",
    [
      { value: "core", text: "99.9 %", title: "The range of x that holds 99.9 % of the elements" },
      { value: "all", text: "all x", title: "All of x, outliers too" },
    ],
    range,
    (value) => {
      range = value;
      redraw();
    },
  );
  return {
    root: element(
      "figure",
      { class: "curve" },
      element("div", { class: "tools" }, clouds, ranges),
      element("div", { class: "plot tall" }, target, empty),
      legend,
    ),
    show: (shown) => {
      layer = shown;
      redraw();
    },
    redraw,
  };
}

interface Extent {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

function draw(target: HTMLCanvasElement, layer: LayerResult, cloud: Cloud, range: Range, theme: Theme): Chart<"scatter", Place[]> {
  const extent = extentOf(layer, range);
  const axis = { grid: { color: theme.grid }, border: { display: false }, ticks: { color: theme.text, maxRotation: 0, includeBounds: false } };
  return new Chart<"scatter", Place[]>(target, {
    type: "scatter",
    data: { datasets: [...functions(layer, extent.x, theme), ...(cloud === "density" ? [] : pointSeries(layer.curve, cloud, theme))] },
    plugins: cloud === "density" ? [densityMap(layer.curve.density, theme)] : [],
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "nearest", axis: "x", intersect: false },
      plugins: {
        legend: { display: false },
        tooltip: {
          boxPadding: 4,
          filter: ({ dataset }) => dataset.label !== undefined,
          callbacks: {
            title: ([first]) => (first?.parsed.x == null ? "" : `x = ${formatNumber(first.parsed.x)}`),
            label: ({ dataset, parsed }) => `${dataset.label ?? ""}  ${formatNumber(parsed.y ?? Number.NaN)}`,
          },
        },
      },
      scales: {
        x: { ...axis, type: "linear", min: extent.x[0], max: extent.x[1], title: { display: true, text: "x, the norm's input", color: theme.text } },
        y: { ...axis, type: "linear", min: extent.y[0], max: extent.y[1], title: { display: true, text: "x̂, normalised, before the affine", color: theme.text } },
      },
    },
  });
}

function extentOf(layer: LayerResult, range: Range): Extent {
  const { density, binnedMean, points } = layer.curve;
  const core: Extent = { x: widened(density.xMin, density.xMax), y: widened(density.yMin, density.yMax) };
  if (range === "core" && density.xMax > density.xMin) return core;
  const xs = [...binnedMean.x, ...points.x, density.xMin, density.xMax];
  const ys = [...binnedMean.y, ...points.y, density.yMin, density.yMax];
  return { x: widened(Math.min(...xs), Math.max(...xs)), y: widened(Math.min(...ys), Math.max(...ys)) };
}

function widened(low: number, high: number): readonly [number, number] {
  const margin = 0.03 * (high - low) || 1;
  return [low - margin, high + margin];
}

function functions(layer: LayerResult, [low, high]: readonly [number, number], theme: Theme): Series[] {
  const { fit, linear, curve } = layer;
  const centre = weightedMean(curve.binnedMean);
  const sampled = (f: (x: number) => number): Place[] =>
    Array.from({ length: samples + 1 }, (_, step) => low + ((high - low) * step) / samples).map((x) => ({ x, y: f(x) }));
  const stroke = (label: string, color: string, width: number, dash: number[], f: (x: number) => number): Series => ({
    label,
    data: sampled(f),
    showLine: true,
    pointRadius: 0,
    pointHoverRadius: 0,
    borderColor: color,
    borderWidth: width,
    borderDash: dash,
  });
  return [
    stroke("tanh", theme.tanh, 2.5, [], (x) => fit.gain * Math.tanh(fit.alpha * x) + fit.offset),
    stroke("line", theme.line, 1.5, [6, 4], (x) => linear.slope * (x - centre.x) + centre.y),
    stroke("unit gain", theme.unit, 1.25, [2, 3], (x) => Math.tanh(fit.unitGain.alpha * x)),
    {
      label: "mean",
      data: curve.binnedMean.x.map((x, bin) => ({ x, y: curve.binnedMean.y[bin] ?? Number.NaN })),
      pointRadius: 1.75,
      pointHoverRadius: 4,
      pointBackgroundColor: theme.mean,
      pointBorderColor: theme.panel,
      pointBorderWidth: 0.5,
    },
  ];
}

/** The point through which the least-squares line goes. */
function weightedMean({ x, y, count }: CurveData["binnedMean"]): Place {
  const total = count.reduce((sum, each) => sum + each, 0);
  const mean = (values: readonly number[]) => values.reduce((sum, value, bin) => sum + value * (count[bin] ?? 0), 0) / total;
  return { x: mean(x), y: mean(y) };
}

/** Points without a label: the tooltip tells the functions at x instead. */
function pointSeries({ points }: CurveData, by: "token" | "channel", theme: Theme): Series[] {
  const owners = points[by];
  const groups = [...new Set(owners)];
  const coloured = by === "token" ? groups : widestChannels(points);
  return groups.map((group) => {
    const hue = coloured.indexOf(group);
    const color = hue < 0 ? `${theme.line}66` : `hsl(${Math.round((360 * hue) / coloured.length)} 70% 52% / 0.75)`;
    return {
      data: points.x.flatMap((x, index) => (owners[index] === group ? [{ x, y: points.y[index] ?? Number.NaN }] : [])),
      pointRadius: hue < 0 ? 1.25 : 2,
      pointHoverRadius: hue < 0 ? 1.25 : 2,
      pointBackgroundColor: color,
      pointBorderWidth: 0,
    };
  });
}

function widestChannels({ x, channel }: CurveData["points"]): number[] {
  const peaks = new Map<number, number>();
  channel.forEach((each, index) => peaks.set(each, Math.max(peaks.get(each) ?? 0, Math.abs(x[index] ?? 0))));
  return [...peaks.entries()].sort(([, a], [, b]) => b - a).slice(0, colouredChannels).map(([each]) => each);
}

/** Paints the counts behind the curves, on a logarithmic scale: a thousandth of the elements still shows. */
function densityMap(density: CurveData["density"], theme: Theme): Plugin<"scatter"> {
  const image = densityImage(density, theme.density);
  return {
    id: "density",
    beforeDatasetsDraw: ({ ctx, chartArea, scales }) => {
      const { x, y } = scales;
      if (image === undefined || x === undefined || y === undefined) return;
      const left = x.getPixelForValue(density.xMin);
      const top = y.getPixelForValue(density.yMax);
      ctx.save();
      ctx.beginPath();
      ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
      ctx.clip();
      ctx.imageSmoothingEnabled = false;
      ctx.drawImage(image, left, top, x.getPixelForValue(density.xMax) - left, y.getPixelForValue(density.yMin) - top);
      ctx.restore();
    },
  };
}

function densityImage({ columns, rows, counts }: CurveData["density"], [few, many]: readonly [Rgb, Rgb]): HTMLCanvasElement | undefined {
  if (columns === 0 || rows === 0) return undefined;
  const image = element("canvas", { width: String(columns), height: String(rows) });
  const context = image.getContext("2d");
  if (context === null) return undefined;
  const pixels = context.createImageData(columns, rows);
  const most = Math.log1p(counts.reduce((peak, count) => Math.max(peak, count), 0));
  counts.forEach((count, cell) => {
    if (count === 0) return;
    const share = Math.log1p(count) / most;
    const row = rows - 1 - Math.floor(cell / columns);
    const color = few.map((start, part) => start + share * ((many[part] ?? start) - start));
    pixels.data.set([...color, 255], 4 * (row * columns + (cell % columns)));
  });
  context.putImageData(pixels, 0, 0);
  return image;
}

function keys({ fit, linear }: LayerResult, theme: Theme): Node[] {
  const key = (mark: string, color: string, text: string) => {
    const sign = element("i", { class: mark });
    sign.style.color = color;
    return element("span", { class: "key" }, sign, text);
  };
  return [
    key("stroke solid", theme.tanh, `${formatNumber(fit.gain)} · tanh(${formatNumber(fit.alpha)} · x) ${signed(fit.offset)}`),
    key("stroke dashed", theme.line, `line, slope ${formatNumber(linear.slope)}`),
    key("stroke dotted", theme.unit, `tanh(${formatNumber(fit.unitGain.alpha)} · x)`),
    key("mark filled", theme.mean, "mean of x̂ by x"),
  ];
}

function signed(value: number): string {
  return value < 0 ? `− ${formatNumber(-value)}` : `+ ${formatNumber(value)}`;
}

function describe({ name, fit }: LayerResult): string {
  return `Normalised value against input of ${name}, with the fitted ${formatNumber(fit.gain)} times tanh of ${formatNumber(fit.alpha)} times x`;
}
