import { hasAlpha } from "../../src/shared/alpha";
import type { LayerResult } from "../../src/shared/result";

const width = 64;
const height = 20;
const steps = 24;
/** Room for the strokes. */
const margin = 1.5;

/** The shape of a layer at a glance, where 98 % of its input lies: its binned mean, and the tanh through it. */
export function Sparkline({ layer }: { readonly layer: LayerResult }) {
  const { curve: { binnedMean }, fit, input: { quantiles } } = layer;
  const [low, high] = [quantiles["0.01"], quantiles["0.99"]];
  const means = binnedMean.x.map((x, bin) => ({ x, y: binnedMean.y[bin] ?? 0 })).filter(({ x }) => x >= low && x <= high);
  if (!(high > low) || means.length === 0) return <svg class="sparkline" width={width} height={height} aria-hidden="true" />;
  const fitted = hasAlpha(layer)
    ? Array.from({ length: steps + 1 }, (_, step) => low + ((high - low) * step) / steps).map((x) => ({ x, y: fit.gain * Math.tanh(fit.alpha * x) + fit.offset }))
    : [];
  const reach = [...means, ...fitted].reduce((most, { y }) => Math.max(most, Math.abs(y)), Number.MIN_VALUE);
  const path = (places: readonly { readonly x: number; readonly y: number }[]) =>
    places.map(({ x, y }) => `${(margin + ((x - low) / (high - low)) * (width - 2 * margin)).toFixed(1)},${(height / 2 - (y / reach) * (height / 2 - margin)).toFixed(1)}`).join(" ");
  return (
    <svg class="sparkline" viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
      <polyline class="mean" points={path(means)} />
      {fitted.length > 0 && <polyline class="tanh" points={path(fitted)} />}
    </svg>
  );
}
