import type { Drawing } from "../chart-canvas";
import type { Theme } from "../theme";

/** Pixels that the mark of the selected layer is wide at least. */
const smallestMark = 6;

/** Paints a band behind the selected one of the things that stand side by side, by index. */
export function paintSelection({ ctx, chartArea, scales }: Drawing, selected: number, theme: Theme): void {
  const x = scales["x"];
  if (x === undefined) return;
  const width = Math.max(smallestMark, x.getPixelForValue(selected + 0.5) - x.getPixelForValue(selected - 0.5));
  ctx.fillStyle = theme.selection;
  ctx.fillRect(x.getPixelForValue(selected) - width / 2, chartArea.top, width, chartArea.height);
}
