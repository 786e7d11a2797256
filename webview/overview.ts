import { Chart, type ChartDataset, type Plugin } from "chart.js";
import { formatNumber, formatR2, printable } from "../src/shared/format";
import { normRoles, type NormRole } from "../src/shared/norm";
import type { LayerResult } from "../src/shared/result";
import { element } from "./dom";
import type { Place } from "./place";
import { currentTheme, roleShapes, type Theme } from "./theme";

type Drawing = Chart<"scatter", Place[]>;
type Series = ChartDataset<"scatter", Place[]>;

/** Both drawings over all layers, in the order of the forward pass. */
export interface Overview {
  readonly root: HTMLElement;
  /** Marks the layer in both drawings. */
  select(index: number): void;
  /** Draws anew, in the colours of the theme. */
  redraw(): void;
}

/** Alphas with 1/std, and R², against depth; a click on a point, or the arrow keys, select a layer. */
export function createOverview(layers: readonly LayerResult[], select: (index: number) => void): Overview {
  const roles = normRoles.filter((role) => layers.some((layer) => layer.role === role));
  const hidden = new Set<NormRole>();
  let selected = 0;
  let drawings: Drawing[] = [];
  const alphas = canvas("Alpha to convert and 1/std of every layer against depth, on a logarithmic axis");
  const scores = canvas("R² of the line, the tanh and the ceiling of every layer against depth");
  const roleLegend = element("div", { class: "legend" });
  const scoreLegend = element("div", { class: "legend" });

  const redraw = () => {
    for (const drawing of drawings) drawing.destroy();
    const theme = currentTheme();
    const shared = { layers, select, selected: () => selected, theme };
    drawings = [
      draw(alphas, alphaSeries(layers, roles.filter((role) => !hidden.has(role)), theme), "logarithmic", shared),
      draw(scores, scoreSeries(layers, theme), "linear", shared),
    ];
    roleLegend.replaceChildren(...roles.map((role) => roleButton(role, theme, hidden, redraw)), ...alphaKeys());
    scoreLegend.replaceChildren(
      key("R² line", theme.line, "dashed"),
      key("R² tanh", theme.tanh, "solid"),
      key("R² ceiling", theme.mean, "dotted"),
    );
  };
  for (const each of [alphas, scores]) {
    each.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      select(Math.min(layers.length - 1, Math.max(0, selected + step)));
    });
  }
  return {
    root: element(
      "section",
      { class: "overview", "aria-label": "All layers" },
      figure("Alpha by depth", roleLegend, alphas),
      figure("How well a curve explains the layer", scoreLegend, scores),
    ),
    select: (index) => {
      selected = index;
      for (const drawing of drawings) drawing.update("none");
    },
    redraw,
  };
}

function alphaSeries(layers: readonly LayerResult[], roles: readonly NormRole[], theme: Theme): Series[] {
  return roles.flatMap((role): Series[] => {
    const own = layers.map((layer, index) => ({ layer, index })).filter(({ layer }) => layer.role === role);
    const color = theme.roles[role];
    return [
      {
        label: "1 / std",
        data: positive(own.map(({ layer, index }) => ({ x: index, y: layer.inverseStd }))),
        showLine: true,
        borderColor: `${color}99`,
        borderDash: [3, 3],
        borderWidth: 1,
        pointRadius: 1.5,
        pointBackgroundColor: color,
        pointBorderWidth: 0,
      },
      {
        label: "α convert",
        data: positive(own.map(({ layer, index }) => ({ x: index, y: layer.suggest.convert }))),
        showLine: true,
        borderColor: color,
        borderWidth: 1.75,
        pointStyle: roleShapes[role],
        pointRadius: 4,
        pointHoverRadius: 6,
        pointBackgroundColor: own
          .filter(({ layer }) => layer.suggest.convert > 0)
          .map(({ layer }) => (layer.fit.status === "ok" ? color : theme.panel)),
      },
    ];
  });
}

function scoreSeries(layers: readonly LayerResult[], theme: Theme): Series[] {
  const series = (label: string, color: string, dash: number[], value: (layer: LayerResult) => number): Series => ({
    label,
    data: positive(layers.map((layer, index) => ({ x: index, y: value(layer) }))),
    showLine: true,
    borderColor: color,
    borderDash: dash,
    borderWidth: 1.75,
    pointRadius: 2.5,
    pointHoverRadius: 5,
    pointBackgroundColor: color,
    pointBorderWidth: 0,
  });
  return [
    series("R² ceiling", theme.mean, [1, 3], ({ ceiling }) => ceiling.r2),
    series("R² tanh", theme.tanh, [], ({ fit }) => fit.r2),
    series("R² line", theme.line, [5, 4], ({ linear }) => linear.r2),
  ];
}

/** What has no value, or none that a logarithm takes, is not drawn. */
function positive(points: readonly Place[]): Place[] {
  return points.filter(({ y }) => Number.isFinite(y) && y > 0);
}

interface Shared {
  readonly layers: readonly LayerResult[];
  readonly theme: Theme;
  readonly select: (index: number) => void;
  readonly selected: () => number;
}

function draw(target: HTMLCanvasElement, datasets: Series[], scale: "linear" | "logarithmic", shared: Shared): Drawing {
  const { layers, theme, select } = shared;
  return new Chart<"scatter", Place[]>(target, {
    type: "scatter",
    data: { datasets },
    plugins: [selectionBand(shared)],
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "nearest", axis: "x", intersect: false },
      onClick: (_event, [nearest]) => {
        const point = nearest === undefined ? undefined : datasets[nearest.datasetIndex]?.data[nearest.index];
        if (point !== undefined) select(point.x);
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          boxPadding: 4,
          callbacks: {
            title: ([first]) => (first?.parsed.x == null ? "" : printable(layers[first.parsed.x]?.name ?? "")),
            label: ({ dataset, parsed }) => {
              const value = parsed.y ?? Number.NaN;
              return `${dataset.label ?? ""}  ${scale === "linear" ? formatR2(value) : formatNumber(value)}`;
            },
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
          afterBuildTicks: (axis) => {
            axis.ticks = blockStarts(layers).map((value) => ({ value }));
          },
          title: { display: true, text: "block", color: theme.text },
        },
        y: valueAxis(scale, datasets, theme),
      },
    },
  });
}

/** Index of the first layer of every block. */
function blockStarts(layers: readonly LayerResult[]): number[] {
  return [...layers.keys()].filter((index) => index === 0 || layers[index]?.depth !== layers[index - 1]?.depth);
}

/** 1 and 3 of every decade in range, and 2 and 5 instead of 3 where the range is small. */
function logarithmicTicks(low: number, high: number): number[] {
  const leading = high / low > 30 ? [1, 3] : [1, 2, 5];
  const decades = Array.from({ length: Math.ceil(Math.log10(high / low)) + 2 }, (_, step) => Math.floor(Math.log10(low)) + step);
  return decades.flatMap((decade) => leading.map((digit) => digit * 10 ** decade)).filter((tick) => tick >= low && tick <= high);
}

/** Points stand clear of the drawing's edges. */
const clearance = 1.35;

function valueAxis(scale: "linear" | "logarithmic", datasets: readonly Series[], theme: Theme) {
  const look = { grid: { color: theme.grid }, border: { display: false } };
  if (scale === "linear") {
    return { ...look, type: scale, max: 1, ticks: { color: theme.text, includeBounds: false, maxTicksLimit: 7 } };
  }
  const values = datasets.flatMap(({ data }) => data.map(({ y }) => y));
  const min = values.length > 0 ? Math.min(...values) / clearance : 0.1;
  const max = values.length > 0 ? Math.max(...values) * clearance : 1;
  return {
    ...look,
    type: scale,
    min,
    max,
    ticks: { color: theme.text, callback: (value: number | string) => formatNumber(Number(value), 1) },
    afterBuildTicks: (axis: { ticks: { value: number }[] }) => {
      axis.ticks = logarithmicTicks(min, max).map((value) => ({ value }));
    },
  };
}

function selectionBand({ theme, selected }: Shared): Plugin<"scatter"> {
  return {
    id: "selection",
    beforeDatasetsDraw: ({ ctx, chartArea, scales }) => {
      const x = scales["x"];
      if (x === undefined) return;
      const left = x.getPixelForValue(selected() - 0.5);
      const width = Math.max(6, x.getPixelForValue(selected() + 0.5) - left);
      ctx.fillStyle = theme.selection;
      ctx.fillRect(left, chartArea.top, width, chartArea.height);
    },
  };
}

function roleButton(role: NormRole, theme: Theme, hidden: Set<NormRole>, changed: () => void): HTMLElement {
  const swatch = element("i", { class: "swatch" });
  swatch.style.background = theme.roles[role];
  const button = element("button", { type: "button", "aria-pressed": String(!hidden.has(role)), title: `Show or hide ${role} norms` }, swatch, role);
  button.addEventListener("click", () => {
    if (!hidden.delete(role)) hidden.add(role);
    changed();
  });
  return button;
}

function alphaKeys(): Node[] {
  return [
    element("span", { class: "key" }, element("i", { class: "mark filled" }), "α convert"),
    element("span", { class: "key", title: "So close to a line that alpha is only bounded from above" }, element("i", { class: "mark hollow" }), "α, nearly linear"),
    element("span", { class: "key" }, element("i", { class: "stroke dashed" }), "1 / std"),
  ];
}

function key(text: string, color: string, stroke: "solid" | "dashed" | "dotted"): HTMLElement {
  const mark = element("i", { class: `stroke ${stroke}` });
  mark.style.color = color;
  return element("span", { class: "key" }, mark, text);
}

function canvas(label: string): HTMLCanvasElement {
  return element("canvas", { role: "img", tabindex: "0", "aria-label": `${label}. Left and right arrow keys select a layer; the table below has the numbers.` });
}

function figure(title: string, legend: HTMLElement, drawing: HTMLCanvasElement): HTMLElement {
  return element("figure", { class: "panel" }, element("figcaption", {}, element("h2", {}, title), legend), element("div", { class: "plot" }, drawing));
}
