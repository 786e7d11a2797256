/** Golden section's share. */
const golden = (3 - Math.sqrt(5)) / 2;
const maxSteps = 60;

/**
 * Minimum of a smooth function between `low` and `high`, around `start`, by Brent's method (Brent 1973, "Algorithms for minimization
 * without derivatives", chapter 5): parabolas where they help, golden section where not.
 * @param tolerance width to which the place of the minimum is found
 */
export function minimise(f: (x: number) => number, low: number, start: number, high: number, tolerance: number): number {
  let [a, b] = [low, high];
  let x = start;
  let second = x;
  let third = x;
  let fx = f(x);
  let fSecond = fx;
  let fThird = fx;
  let step = 0;
  let stepBefore = 0;
  for (let count = 0; count < maxSteps; count++) {
    const middle = (a + b) / 2;
    if (Math.abs(x - middle) + (b - a) / 2 <= 2 * tolerance) break;
    const proposed = parabolaStep();
    const useful = Number.isFinite(proposed) && Math.abs(proposed) < Math.abs(stepBefore) / 2 && x + proposed > a && x + proposed < b;
    stepBefore = useful ? step : x < middle ? b - x : a - x;
    step = useful ? proposed : golden * stepBefore;
    if (Math.abs(step) < tolerance) step = step < 0 ? -tolerance : tolerance;
    const u = x + step;
    const fu = f(u);
    if (fu <= fx) {
      if (u < x) b = x;
      else a = x;
      [third, fThird, second, fSecond, x, fx] = [second, fSecond, x, fx, u, fu];
    } else {
      if (u < x) a = u;
      else b = u;
      if (fu <= fSecond || second === x) [third, fThird, second, fSecond] = [second, fSecond, u, fu];
      else if (fu <= fThird || third === x || third === second) [third, fThird] = [u, fu];
    }
  }
  return x;

  function parabolaStep(): number {
    const r = (x - second) * (fx - fThird);
    const q = (x - third) * (fx - fSecond);
    const numerator = (x - third) * q - (x - second) * r;
    return -numerator / (2 * (q - r));
  }
}

/** Lowest point of `f` on an even grid from `low` to `high` no coarser than `spacing`, refined; for functions with several minima. */
export function minimiseGlobally(f: (x: number) => number, low: number, high: number, spacing: number, tolerance: number): number {
  const steps = Math.max(2, Math.ceil((high - low) / spacing));
  const points = Array.from({ length: steps + 1 }, (_, i) => low + ((high - low) * i) / steps);
  const values = points.map(f);
  const best = values.indexOf(Math.min(...values));
  const from = points[Math.max(0, best - 1)]!;
  const to = points[Math.min(steps, best + 1)]!;
  return minimise(f, from, points[best]!, to, tolerance);
}

/** Minimum of `f` near `start`, walking downhill within [low, high] until it is enclosed. */
export function minimiseNear(
  f: (x: number) => number,
  bounds: { readonly low: number; readonly high: number },
  start: number,
  step: number,
  tolerance: number,
): number {
  const clamp = (x: number) => Math.max(bounds.low, Math.min(bounds.high, x));
  let behind = clamp(start - step);
  let here = clamp(start);
  let ahead = clamp(start + step);
  let valueHere = f(here);
  if (f(behind) < valueHere) [behind, ahead] = [ahead, behind];
  for (let stride = ahead - here, value = f(ahead); value < valueHere && ahead !== here; value = f(ahead)) {
    [behind, here, valueHere] = [here, ahead, value];
    stride *= 1.6;
    ahead = clamp(here + stride);
  }
  return minimise(f, Math.min(behind, ahead), here, Math.max(behind, ahead), tolerance);
}

/** Where a function that is true at `low` turns false below `high`, to `tolerance`; `high` where it never does. */
export function lastWhere(holds: (x: number) => boolean, low: number, high: number, tolerance: number): number {
  if (holds(high)) return high;
  let [inside, outside] = [low, high];
  while (outside - inside > tolerance) {
    const middle = (inside + outside) / 2;
    if (holds(middle)) inside = middle;
    else outside = middle;
  }
  return inside;
}
