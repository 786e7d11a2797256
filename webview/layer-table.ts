import { hasAlpha } from "../src/shared/alpha";
import { formatNumber, formatR2, formatShare, printable } from "../src/shared/format";
import type { LayerResult } from "../src/shared/result";
import { element, vector } from "./dom";
import { glossary, type Term } from "../src/shared/glossary";
import { currentTheme } from "./theme";

/** The table of all layers. */
export interface LayerTable {
  readonly root: HTMLElement;
  select(index: number): void;
  /** Draws anew, in the colours of the theme. */
  redraw(): void;
}

interface Column {
  readonly heading: string;
  readonly title: string;
  /** What the rows are sorted by. */
  key(layer: LayerResult, index: number): number | string;
  text(layer: LayerResult): string;
}

interface Order {
  readonly column: Column;
  readonly descending: boolean;
}

const columns: readonly Column[] = [
  { heading: "role", title: "Where in its block the norm stands", key: ({ role }) => role, text: ({ role }) => role },
  numeric("convert", convertAlpha, (layer) => formatNumber(convertAlpha(layer))),
  numeric("pooled", ({ fit }) => fit.alpha, pooledText),
  numeric("scratch", ({ suggest }) => suggest.scratch, ({ suggest }) => formatNumber(suggest.scratch)),
  numeric("std", ({ input }) => input.std, ({ input }) => formatNumber(input.std)),
  numeric("linearR2", ({ linear }) => linear.r2, ({ linear }) => formatR2(linear.r2)),
  numeric("tanhR2", ({ fit }) => fit.r2, ({ fit }) => formatR2(fit.r2)),
  numeric("ceilingR2", ({ ceiling }) => ceiling.r2, ({ ceiling }) => formatR2(ceiling.r2)),
  { ...numeric("saturation", ({ saturation }) => saturation["2"], ({ saturation }) => formatShare(saturation["2"])), heading: "|αx| > 2" },
];
const byOrder: Column = { heading: "layer", title: "In the order of the forward pass", key: (_layer, index) => index, text: ({ name }) => printable(name) };

/** A sortable table; a row, or the button in it, selects its layer. */
export function createLayerTable(layers: readonly LayerResult[], select: (index: number) => void): LayerTable {
  let order: Order = { column: byOrder, descending: false };
  let selected = 0;
  const all = [byOrder, ...columns];
  const headings = new Map(all.map((column) => [column, element("th", { scope: "col", "aria-sort": "none" })]));
  const rows = layers.map((layer, index) => layerRow(layer, () => { select(index); }));
  const shapes = rows.map(({ shape }) => shape);
  const body = element("tbody");
  const filter = element("input", { type: "search", placeholder: "Filter layers", "aria-label": "Filter layers by name or role" });

  const arrange = () => {
    const words = filter.value.toLowerCase();
    const shown = sorted(layers, order).filter((index) => matches(layers[index], words));
    body.replaceChildren(...shown.flatMap((index) => rows[index]?.root ?? []));
    for (const [column, heading] of headings) {
      heading.setAttribute("aria-sort", column !== order.column ? "none" : order.descending ? "descending" : "ascending");
    }
  };
  for (const [column, heading] of headings) {
    const button = element("button", { type: "button", title: column.title }, column.heading);
    button.addEventListener("click", () => {
      order = { column, descending: column === order.column && !order.descending };
      arrange();
    });
    heading.append(button);
  }
  filter.addEventListener("input", arrange);
  arrange();
  const shapeHeading = element("th", { class: "shape", scope: "col", title: "Binned mean of x̂ against x, with the fitted tanh" }, "shape");
  const [first, ...others] = headings.values();
  const head = element("tr", {}, ...(first === undefined ? [] : [first]), shapeHeading, ...others);
  return {
    root: element(
      "section",
      { class: "panel layers", "aria-label": "Layers" },
      element("div", { class: "tools" }, element("h2", {}, "Layers"), filter),
      element("div", { class: "scroll" }, element("table", {}, element("thead", {}, head), body)),
    ),
    select: (index) => {
      rows[selected]?.root.removeAttribute("aria-current");
      rows[index]?.root.setAttribute("aria-current", "true");
      selected = index;
    },
    redraw: () => {
      layers.forEach((layer, index) => shapes[index]?.replaceChildren(sparkline(layer)));
    },
  };
}

function numeric(term: Term, key: (layer: LayerResult) => number, text: (layer: LayerResult) => string): Column {
  return { heading: glossary[term].name, title: glossary[term].text, key, text };
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
    case "no-data":
      return fit.status;
  }
}

function layerRow(layer: LayerResult, select: () => void): { root: HTMLTableRowElement; shape: HTMLElement } {
  const shape = element("td", { class: "shape" });
  const name = element("button", { type: "button" }, printable(layer.name));
  const cells = columns.map((column) => element("td", {}, column.text(layer)));
  const root = element("tr", {}, element("th", { scope: "row" }, name), shape, ...cells);
  root.addEventListener("click", select);
  return { root, shape };
}

/** Indices of the layers in the chosen order; what is no number comes last either way. */
function sorted(layers: readonly LayerResult[], { column, descending }: Order): number[] {
  const keyed = layers.map((layer, index) => ({ index, key: column.key(layer, index) }));
  const sign = descending ? -1 : 1;
  return keyed
    .sort((a, b) => {
      if (typeof a.key === "string" || typeof b.key === "string") return sign * String(a.key).localeCompare(String(b.key));
      const missing = Number(!Number.isFinite(a.key)) - Number(!Number.isFinite(b.key));
      return missing !== 0 ? missing : sign * (a.key - b.key);
    })
    .map(({ index }) => index);
}

function matches(layer: LayerResult | undefined, words: string): boolean {
  return layer !== undefined && `${layer.name} ${layer.role}`.toLowerCase().includes(words);
}

/** The shape of a layer at a glance: its binned mean, and the tanh through it. */
function sparkline({ curve, fit }: LayerResult): SVGSVGElement {
  const theme = currentTheme();
  const { xMin, xMax, yMin, yMax } = curve.density;
  const width = 72;
  const height = 26;
  const place = (x: number, y: number) => `${(((x - xMin) / (xMax - xMin)) * width).toFixed(1)},${((1 - (y - yMin) / (yMax - yMin)) * height).toFixed(1)}`;
  const tanh = Array.from({ length: 33 }, (_, step) => xMin + ((xMax - xMin) * step) / 32).map((x) => place(x, fit.gain * Math.tanh(fit.alpha * x) + fit.offset));
  const mean = curve.binnedMean.x.flatMap((x, bin) => (x >= xMin && x <= xMax ? [place(x, curve.binnedMean.y[bin] ?? 0)] : []));
  const path = (points: readonly string[], stroke: string, strokeWidth: string) =>
    vector("polyline", { points: points.join(" "), fill: "none", stroke, "stroke-width": strokeWidth });
  const drawable = xMax > xMin && yMax > yMin;
  return vector(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width: String(width), height: String(height), "aria-hidden": "true" },
    ...(drawable ? [path(mean, theme.line, "3"), path(tanh, theme.tanh, "1.5")] : []),
  );
}
