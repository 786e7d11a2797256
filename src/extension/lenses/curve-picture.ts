import type { LayerResult } from "../../shared/result";

/** Colours of a picture that stands in a hover, which no style sheet reaches. */
export interface PictureColors {
  readonly curve: string;
  readonly others: string;
  readonly data: string;
  readonly axis: string;
}

/** In CSS pixels; a hover must know it before the picture is drawn. */
export const pictureSize = { width: 260, height: 100 } as const;
const { width, height } = pictureSize;
const steps = 64;
/** More curves than these say no more in so small a picture. */
const mostCurves = 40;

/**
 * The fitted curves of one or several layers as a small SVG: x against x-hat over the central 99.8 % of the widest layer's input, with the
 * binned mean as points where there is one layer. Undefined where no layer has a curve.
 */
export function curvePicture(layers: readonly LayerResult[], colors: PictureColors): string | undefined {
  const drawn = layers.filter(({ fit }) => fit.status === "ok" || fit.status === "linear");
  if (drawn.length === 0) return undefined;
  const extent = Math.max(...drawn.flatMap(({ input }) => [Math.abs(input.quantiles["0.001"]), Math.abs(input.quantiles["0.999"])]));
  const thinned = drawn.filter((_, index) => index % Math.ceil(drawn.length / mostCurves) === 0);
  const reach = Math.max(...thinned.flatMap((layer) => [Math.abs(fitted(layer, -extent)), Math.abs(fitted(layer, extent))]));
  if (!(extent > 0 && reach > 0)) return undefined;
  const place = (x: number, y: number) => `${((x / extent + 1) * (width / 2)).toFixed(1)} ${((1 - y / (reach * 1.1)) * (height / 2)).toFixed(1)}`;
  const path = (layer: LayerResult) => {
    const xs = Array.from({ length: steps + 1 }, (_, step) => (2 * step / steps - 1) * extent);
    return `M${xs.map((x) => place(x, fitted(layer, x))).join("L")}`;
  };
  const [single] = drawn;
  const curves =
    drawn.length === 1 && single !== undefined
      ? `${points(single, extent, reach, place, colors.data)}<path d="${path(single)}" stroke="${colors.curve}" stroke-width="2"/>`
      : thinned.map((layer) => `<path d="${path(layer)}" stroke="${colors.others}" stroke-width="1.2" stroke-opacity=".6"/>`).join("");
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" fill="none">` +
    `<path d="M0 ${height / 2}H${width}M${width / 2} 0V${height}" stroke="${colors.axis}"/>${curves}</svg>`
  );
}

function fitted({ fit }: LayerResult, x: number): number {
  return fit.gain * Math.tanh(fit.alpha * x) + fit.offset;
}

function points({ curve }: LayerResult, extent: number, reach: number, place: (x: number, y: number) => string, color: string): string {
  const { x, y } = curve.binnedMean;
  const inside = x.flatMap((each, bin) => (Math.abs(each) <= extent && Math.abs(y[bin]!) <= reach * 1.1 ? [place(each, y[bin]!)] : []));
  return `<path d="${inside.map((point) => `M${point}h.01`).join("")}" stroke="${color}" stroke-width="4" stroke-linecap="round"/>`;
}
