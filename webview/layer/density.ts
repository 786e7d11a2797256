import type { CurveData } from "../../src/shared/result";
import type { Drawing, Painter } from "../chart-canvas";
import type { Rgb } from "../theme";

/** Paints the counts behind the curves, on a logarithmic scale: a thousandth of the elements still shows. */
export function densityPainter(density: CurveData["density"], colors: readonly [Rgb, Rgb]): Painter {
  const image = densityImage(density, colors);
  return (drawing) => {
    if (image === undefined) return;
    inside(drawing, density, ({ ctx }, [left, top, right, bottom]) => {
      ctx.imageSmoothingEnabled = false;
      ctx.drawImage(image, left, top, right - left, bottom - top);
    });
  };
}

/** The same cell by cell, so that a picture of it stays sharp in every size. */
export function densityCells(density: CurveData["density"], colors: readonly [Rgb, Rgb]): Painter {
  return (drawing) => {
    inside(drawing, density, ({ ctx, chartArea }, [left, top, right, bottom]) => {
      const edge = (low: number, high: number, from: number, to: number, share: number) => Math.round(Math.min(to, Math.max(from, low + share * (high - low))));
      for (const { row, column, color } of coloured(density, colors)) {
        const [x, end] = [column, column + 1].map((each) => edge(left, right, chartArea.left, chartArea.right, each / density.columns)) as [number, number];
        const [y, foot] = [row, row + 1].map((each) => edge(top, bottom, chartArea.top, chartArea.bottom, each / density.rows)) as [number, number];
        if (end <= x || foot <= y) continue;
        ctx.fillStyle = `rgb(${color.map(Math.round).join(", ")})`;
        ctx.fillRect(x, y, end - x, foot - y);
      }
    });
  };
}

type Box = readonly [left: number, top: number, right: number, bottom: number];

/** Paints into the place of the grid, and not beyond the drawing's area. */
function inside(drawing: Drawing, { xMin, xMax, yMin, yMax }: CurveData["density"], paint: (drawing: Drawing, box: Box) => void): void {
  const { ctx, chartArea, scales: { x, y } } = drawing;
  if (x === undefined || y === undefined) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
  ctx.clip();
  paint(drawing, [x.getPixelForValue(xMin), y.getPixelForValue(yMax), x.getPixelForValue(xMax), y.getPixelForValue(yMin)]);
  ctx.restore();
}

/** The occupied cells, rows from above, with their colours. */
function* coloured({ columns, rows, counts }: CurveData["density"], [few, many]: readonly [Rgb, Rgb]) {
  const peak = Math.log(counts.reduce((most, count) => Math.max(most, count), 1));
  for (const [cell, count] of counts.entries()) {
    if (count === 0) continue;
    const share = peak === 0 ? 1 : Math.log(count) / peak;
    yield { row: rows - 1 - Math.floor(cell / columns), column: cell % columns, color: few.map((start, part) => start + share * ((many[part] ?? start) - start)) };
  }
}

function densityImage(density: CurveData["density"], colors: readonly [Rgb, Rgb]): HTMLCanvasElement | undefined {
  const { columns, rows } = density;
  if (columns === 0 || rows === 0) return undefined;
  const image = document.createElement("canvas");
  image.width = columns;
  image.height = rows;
  const context = image.getContext("2d");
  if (context === null) return undefined;
  const pixels = context.createImageData(columns, rows);
  for (const { row, column, color } of coloured(density, colors)) pixels.data.set([...color, 255], 4 * (row * columns + column));
  context.putImageData(pixels, 0, 0);
  return image;
}
