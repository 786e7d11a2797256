import { BasicPlatform, Chart, type ChartDataset } from "chart.js";
import { Context } from "svgcanvas";
import type { Drawing, DrawingConfig, Painter } from "./chart-canvas";
import type { Place } from "./place";

/** A drawing that a picture is made of. */
export interface Pictured {
  readonly drawing: Drawing;
  readonly config: DrawingConfig;
  readonly background: string;
  readonly behind?: Painter | undefined;
  readonly inFront?: Painter | undefined;
}

/** The drawing as it is on the screen, on its background. */
export function pngOf({ drawing, background }: Pictured): HTMLCanvasElement {
  const { canvas } = drawing;
  const picture = document.createElement("canvas");
  picture.width = canvas.width;
  picture.height = canvas.height;
  const context = picture.getContext("2d");
  if (context === null) return picture;
  context.fillStyle = background;
  context.fillRect(0, 0, picture.width, picture.height);
  context.drawImage(canvas, 0, 0);
  return picture;
}

/** The drawing anew as an SVG document: curves are paths, texts are text; a density stays an image inside. */
export function svgOf(pictured: Pictured): string {
  return withStyledSpans(() => drawSvg(pictured));
}

function drawSvg({ drawing, config, background, behind, inFront }: Pictured): string {
  const { width, height } = drawing;
  const context = new Context({ width, height, ctx: drawing.ctx });
  context.fillStyle = background;
  context.fillRect(0, 0, width, height);
  // chart.js asks a canvas for its context and for nothing else on a platform without a page.
  const target = { getContext: () => context } as unknown as HTMLCanvasElement;
  const painters = {
    id: "painters",
    beforeDatasetsDraw: (chart: Chart) => { behind?.(chart as Drawing); },
    afterDatasetsDraw: (chart: Chart) => { inFront?.(chart as Drawing); },
  };
  const copy = new Chart<"scatter", Place[]>(target, {
    ...config,
    data: { datasets: config.data.datasets.map(drawnDirectly) },
    platform: BasicPlatform,
    options: { ...config.options, responsive: false, animation: false, devicePixelRatio: 1, events: [] },
    plugins: [painters],
  });
  const svg = context.getSerializedSvg(true);
  copy.destroy();
  return svg;
}

/** Lines with segments of their own are stroked point by point; others as a Path2D, of which no SVG can be made. */
function drawnDirectly(dataset: ChartDataset<"scatter", Place[]>): ChartDataset<"scatter", Place[]> {
  return { ...dataset, segment: {} };
}

/**
 * svgcanvas takes a font apart by the style attribute of a span, which the page's policy refuses; the same set as a property it allows.
 * Meanwhile spans turn the one into the other.
 */
function withStyledSpans<Value>(action: () => Value): Value {
  const spans = HTMLSpanElement.prototype;
  spans.setAttribute = function setStyle(_name, style) { this.style.cssText = style; };
  try {
    return action();
  } finally {
    Reflect.deleteProperty(spans, "setAttribute");
  }
}
