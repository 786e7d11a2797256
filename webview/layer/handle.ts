import { whatIf } from "../../src/analysis/what-if";
import { hasAlpha } from "../../src/shared/alpha";
import type { LayerResult } from "../../src/shared/result";
import type { Drawing } from "../chart-canvas";
import type { Place } from "../place";
import type { Theme } from "../theme";
import type { LayerViewState } from "./view-state";

/** An alpha that is tried is the fit's times or divided by at most this. */
export const trialSpan = 30;

/** Where the ring sits by which the tanh is dragged: at x = 1 / alpha, where it begins to bend away from its line. */
export function handleAt(layer: LayerResult, view: LayerViewState, alpha: number): Place | undefined {
  if (view.side !== "before" || view.family !== "tanh" || !hasAlpha(layer)) return undefined;
  const tried = whatIf(layer, alpha);
  return tried === undefined ? undefined : { x: 1 / alpha, y: tried.gain * Math.tanh(1) + tried.offset };
}

/** The alpha whose ring sits at that x. */
export function alphaAt({ fit }: LayerResult, x: number): number {
  return Math.min(fit.alpha * trialSpan, Math.max(fit.alpha / trialSpan, 1 / Math.abs(x)));
}

/** Paints the ring, where it lies in the drawing. */
export function paintHandle({ ctx, chartArea, scales }: Drawing, at: Place, theme: Theme): void {
  const x = scales["x"]?.getPixelForValue(at.x) ?? Number.NaN;
  const y = scales["y"]?.getPixelForValue(at.y) ?? Number.NaN;
  if (!(x >= chartArea.left && x <= chartArea.right && y >= chartArea.top && y <= chartArea.bottom)) return;
  ctx.save();
  ctx.beginPath();
  ctx.arc(x, y, 6, 0, 2 * Math.PI);
  ctx.fillStyle = theme.page;
  ctx.strokeStyle = theme.tanh;
  ctx.lineWidth = 2.5;
  ctx.fill();
  ctx.stroke();
  ctx.restore();
}
