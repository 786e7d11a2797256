import { BarController, BarElement, Chart, LinearScale, LineElement, LogarithmicScale, PointElement, ScatterController, Tooltip, type ChartConfiguration, type Plugin } from "chart.js";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Place } from "./place";

Chart.register(BarController, BarElement, ScatterController, LinearScale, LogarithmicScale, LineElement, PointElement, Tooltip);

/** Points and lines, or bars. */
export type Kind = "scatter" | "bar";

export type Drawing = Chart<Kind, Place[]>;
export type DrawingConfig = ChartConfiguration<Kind, Place[]>;
/** Paints what is no data set, in the drawing's own pixels. */
export type Painter = (drawing: Drawing) => void;

interface ChartCanvasProps {
  readonly config: DrawingConfig;
  /** Says what the drawing shows. */
  readonly label: string;
  /** Filled with the drawing, for pictures of it. */
  readonly drawing: { current: Drawing | null };
  readonly behind?: Painter;
  readonly inFront?: Painter;
  /** Makes the drawing a control that chooses among `count` things by arrow keys, and opens the chosen one by Enter. */
  readonly chooser?: { readonly index: number; readonly count: number; readonly text: string; readonly choose: (index: number) => void; readonly open?: () => void };
  /** A place that can be dragged. */
  readonly handle?: { readonly at: Place; readonly moveTo: (place: Place) => void };
}

/** Pixels around a handle where it is grabbed. */
const reach = 14;

/** A chart that is made once and updated: data and options where they changed, one repaint where only a painter did. */
export function ChartCanvas({ config, label, drawing, behind, inFront, chooser, handle }: ChartCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painters = useRef<{ behind?: Painter | undefined; inFront?: Painter | undefined }>({});
  painters.current = { behind, inFront };

  useLayoutEffect(() => {
    if (canvas.current === null) return;
    const made: Drawing = new Chart<Kind, Place[]>(canvas.current, { ...config, plugins: [paintersOf(() => painters.current)] });
    drawing.current = made;
    return () => {
      made.destroy();
      drawing.current = null;
    };
  }, []);
  useLayoutEffect(() => {
    const made = drawing.current;
    if (made === null || made.data === config.data) return;
    made.data = config.data;
    made.options = config.options ?? {};
    made.update("none");
  }, [config]);
  useLayoutEffect(() => { drawing.current?.render(); }, [behind, inFront]);

  const isNear = (event: PointerEvent) => {
    const { x, y } = drawing.current?.scales ?? {};
    if (handle === undefined || x === undefined || y === undefined) return false;
    return Math.hypot(x.getPixelForValue(handle.at.x) - event.offsetX, y.getPixelForValue(handle.at.y) - event.offsetY) <= reach;
  };
  const move = (event: PointerEvent) => {
    const made = drawing.current;
    const element = canvas.current;
    if (made === null || element === null) return;
    const grabbed = element.hasPointerCapture(event.pointerId);
    element.classList.toggle("grabbed", grabbed);
    element.classList.toggle("grabbable", isNear(event));
    if (grabbed) handle?.moveTo(placeOf(made, event));
  };
  const grab = (event: PointerEvent) => {
    if (isNear(event)) canvas.current?.setPointerCapture(event.pointerId);
  };
  const step = (event: KeyboardEvent) => {
    if (chooser === undefined) return;
    const { index, count } = chooser;
    if (event.key === "Enter") chooser.open?.();
    const to = { ArrowLeft: index - 1, ArrowDown: index - 1, ArrowRight: index + 1, ArrowUp: index + 1, Home: 0, End: count - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    chooser.choose(Math.min(count - 1, Math.max(0, to)));
  };
  const role = chooser === undefined
    ? { role: "img" as const }
    : { role: "slider" as const, tabIndex: 0, "aria-valuemin": 1, "aria-valuemax": chooser.count, "aria-valuenow": chooser.index + 1, "aria-valuetext": chooser.text };
  return <canvas ref={canvas} aria-label={label} {...role} onKeyDown={step} onPointerDown={grab} onPointerMove={move} />;
}

function placeOf({ scales }: Drawing, { offsetX, offsetY }: PointerEvent): Place {
  return { x: scales["x"]?.getValueForPixel(offsetX) ?? 0, y: scales["y"]?.getValueForPixel(offsetY) ?? 0 };
}

function paintersOf(current: () => { readonly behind?: Painter | undefined; readonly inFront?: Painter | undefined }): Plugin<Kind> {
  return {
    id: "painters",
    beforeDatasetsDraw: (chart) => { current().behind?.(chart as Drawing); },
    afterDatasetsDraw: (chart) => { current().inFront?.(chart as Drawing); },
  };
}
