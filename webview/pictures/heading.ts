import { drawPoint } from "chart.js/helpers";
import { dashes, type LegendKey } from "../legend";
import { roleShapes } from "../role-mark";
import type { Theme } from "../theme";

/** What stands over a picture, so that it explains itself away from the page. */
export interface Heading {
  readonly title: string;
  readonly keys: readonly LegendKey[];
}

const margin = 12;
const titleHeight = 22;
const rowHeight = 18;
const markWidth = 20;
const gap = 14;

/** A legend's key with its place. */
interface PlacedKey extends LegendKey {
  readonly x: number;
  readonly y: number;
}

/** Height of a heading over a picture of that width. */
export function headingHeight(context: CanvasRenderingContext2D, heading: Heading, width: number, theme: Theme): number {
  return (placedKeys(context, heading, width, theme).at(-1)?.y ?? titleHeight) + rowHeight;
}

/** Paints the title, and under it the legend in as many rows as it needs. */
export function paintHeading(context: CanvasRenderingContext2D, heading: Heading, width: number, theme: Theme): void {
  context.save();
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillStyle = theme.ink;
  context.font = `bold 14px ${theme.font}`;
  context.fillText(heading.title, margin, margin + 6);
  for (const key of placedKeys(context, heading, width, theme)) {
    paintMark(context, key, theme);
    context.font = keyFont(theme);
    context.fillStyle = theme.text;
    context.fillText(key.text, key.x + markWidth + 6, key.y);
  }
  context.restore();
}

function keyFont(theme: Theme): string {
  return `12px ${theme.font}`;
}

function placedKeys(context: CanvasRenderingContext2D, { keys }: Heading, width: number, theme: Theme): PlacedKey[] {
  context.font = keyFont(theme);
  let x = margin;
  let y = margin + titleHeight + 2;
  return keys.map((key) => {
    const wide = markWidth + 6 + context.measureText(key.text).width;
    if (x > margin && x + wide > width - margin) {
      x = margin;
      y += rowHeight;
    }
    const placed = { ...key, x, y };
    x += wide + gap;
    return placed;
  });
}

function paintMark(context: CanvasRenderingContext2D, { mark, color, x, y }: PlacedKey, theme: Theme): void {
  if (mark === "ramp") {
    paintRamp(context, x, y, theme);
    return;
  }
  if (mark === "motley") {
    paintDots(context, x, y);
    return;
  }
  const stroke = typeof mark === "object" ? theme.roles[mark.role] : color ?? theme.text;
  context.strokeStyle = stroke;
  context.fillStyle = mark === "hollow" ? theme.page : stroke;
  context.lineWidth = 1.75;
  if (mark === "solid" || mark === "dashed" || mark === "dotted") {
    context.setLineDash([...dashes[mark]]);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + markWidth, y);
    context.stroke();
    context.setLineDash([]);
    return;
  }
  drawPoint(context, { pointStyle: typeof mark === "object" ? roleShapes[mark.role] : "circle", radius: 4, rotation: 0, borderWidth: 1.5 }, x + markWidth / 2, y);
}

function paintDots(context: CanvasRenderingContext2D, x: number, y: number): void {
  for (const [place, hue] of [0, 120, 240].entries()) {
    context.fillStyle = `hsl(${hue}, 70%, 52%)`;
    context.beginPath();
    context.arc(x + 4 + 6 * place, y, 2.5, 0, 2 * Math.PI);
    context.fill();
  }
}

function paintRamp(context: CanvasRenderingContext2D, x: number, y: number, { density: [few, many] }: Theme): void {
  for (let step = 0; step < markWidth; step += 1) {
    const color = few.map((start, part) => Math.round(start + (step / (markWidth - 1)) * ((many[part] ?? start) - start)));
    context.fillStyle = `rgb(${color.join(", ")})`;
    context.fillRect(x + step, y - 5, 1, 10);
  }
}
