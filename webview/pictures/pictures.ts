import { BasicPlatform, Chart, type ChartDataset } from "chart.js";
import { Context } from "svgcanvas";
import type { Drawing, DrawingConfig, Kind, Painter } from "../chart-canvas";
import type { Place } from "../place";
import type { Theme } from "../theme";
import { headingHeight, paintHeading, type Heading } from "./heading";

/** A drawing that a picture is made of. */
export interface Pictured extends Heading {
  /** The drawing on the page, of whose size the picture is. */
  readonly drawing: Drawing;
  readonly config: DrawingConfig;
  readonly theme: Theme;
  readonly behind?: Painter | undefined;
}

/** Pixels of a PNG for one of the page. */
const pngScale = 2;

/** The drawing with its heading, as a canvas. */
export function pngOf(pictured: Pictured): HTMLCanvasElement {
  const target = document.createElement("canvas");
  target.width = pictured.drawing.width;
  target.height = heightOf(pictured);
  const drawn = draw(pictured, target, pngScale);
  const picture = document.createElement("canvas");
  picture.width = target.width;
  picture.height = target.height;
  picture.getContext("2d")?.drawImage(target, 0, 0);
  // Wipes its canvas.
  drawn.destroy();
  return picture;
}

/** The drawing with its heading, as an SVG document: curves are paths, texts are text. */
export function svgOf(pictured: Pictured): string {
  return withStyledSpans(() => {
    const context = new Context({ width: pictured.drawing.width, height: heightOf(pictured), ctx: pictured.drawing.ctx });
    // chart.js asks a canvas for its context and for nothing else on a platform without a page.
    const drawn = draw(pictured, { getContext: () => context, width: pictured.drawing.width, height: heightOf(pictured) } as unknown as HTMLCanvasElement, 1);
    const svg = context.getSerializedSvg(true);
    drawn.destroy();
    return svg;
  });
}

function heightOf({ drawing, theme, ...heading }: Pictured): number {
  return Math.ceil(drawing.height + headingHeight(drawing.ctx, heading, drawing.width, theme));
}

/** Draws anew, under its heading, what the page shows. */
function draw({ drawing, config, theme, behind, ...heading }: Pictured, target: HTMLCanvasElement, scale: number): Drawing {
  const top = target.height - drawing.height;
  const painters = {
    id: "painters",
    beforeDraw: ({ ctx, width, height }: Chart) => {
      ctx.fillStyle = theme.page;
      ctx.fillRect(0, 0, width, height);
      paintHeading(ctx, heading, width, theme);
    },
    beforeDatasetsDraw: (chart: Chart) => { behind?.(chart as Drawing); },
  };
  return new Chart<Kind, Place[]>(target, {
    ...config,
    data: { datasets: config.data.datasets.map(drawnDirectly) },
    platform: BasicPlatform,
    options: { ...config.options, layout: { padding: { top, left: 8, right: 12, bottom: 8 } }, responsive: false, animation: false, devicePixelRatio: scale, events: [] },
    plugins: [painters],
  });
}

/** Lines with segments of their own are stroked point by point; others as a Path2D, of which no SVG can be made. */
function drawnDirectly(dataset: ChartDataset<Kind, Place[]>): ChartDataset<Kind, Place[]> {
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
