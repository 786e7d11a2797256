import { hasAlpha } from "../../src/shared/alpha";
import type { LayerResult } from "../../src/shared/result";

const width = 72;
const height = 26;
const steps = 32;

/** The shape of a layer at a glance: its binned mean, and the tanh through it. */
export function Sparkline({ layer }: { readonly layer: LayerResult }) {
  const { curve, fit } = layer;
  const { xMin, xMax, yMin, yMax } = curve.density;
  if (!(xMax > xMin && yMax > yMin)) return <svg width={width} height={height} aria-hidden="true" />;
  const place = (x: number, y: number) => `${(((x - xMin) / (xMax - xMin)) * width).toFixed(1)},${((1 - (y - yMin) / (yMax - yMin)) * height).toFixed(1)}`;
  const mean = curve.binnedMean.x.flatMap((x, bin) => (x >= xMin && x <= xMax ? [place(x, curve.binnedMean.y[bin] ?? 0)] : []));
  const tanh = Array.from({ length: steps + 1 }, (_, step) => xMin + ((xMax - xMin) * step) / steps).map((x) => place(x, fit.gain * Math.tanh(fit.alpha * x) + fit.offset));
  return (
    <svg class="sparkline" viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
      <polyline class="mean" points={mean.join(" ")} />
      {hasAlpha(layer) && <polyline class="tanh" points={tanh.join(" ")} />}
    </svg>
  );
}
