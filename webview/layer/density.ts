import type { CurveData } from "../../src/shared/result";
import type { Painter } from "../chart-canvas";
import type { Rgb } from "../theme";

/** Paints the counts behind the curves, on a logarithmic scale: a thousandth of the elements still shows. */
export function densityPainter(density: CurveData["density"], colors: readonly [Rgb, Rgb]): Painter {
  const image = densityImage(density, colors);
  return ({ ctx, chartArea, scales }) => {
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
  };
}

function densityImage({ columns, rows, counts }: CurveData["density"], [few, many]: readonly [Rgb, Rgb]): HTMLCanvasElement | undefined {
  if (columns === 0 || rows === 0) return undefined;
  const image = document.createElement("canvas");
  image.width = columns;
  image.height = rows;
  const context = image.getContext("2d");
  if (context === null) return undefined;
  const pixels = context.createImageData(columns, rows);
  const peak = Math.log1p(counts.reduce((most, count) => Math.max(most, count), 0));
  counts.forEach((count, cell) => {
    if (count === 0) return;
    const share = Math.log1p(count) / peak;
    const row = rows - 1 - Math.floor(cell / columns);
    const color = few.map((start, part) => start + share * ((many[part] ?? start) - start));
    pixels.data.set([...color, 255], 4 * (row * columns + (cell % columns)));
  });
  context.putImageData(pixels, 0, 0);
  return image;
}
