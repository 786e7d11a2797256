/** Golden section's share. */
const golden = (3 - Math.sqrt(5)) / 2;
const maxSteps = 60;

/** A function, evaluated. */
interface Point {
  readonly x: number;
  readonly value: number;
}

/** Three points, x ascending or descending, the middle one no higher than the others: a minimum lies between. */
type Bracket = readonly [Point, Point, Point];

/** Interval that is searched. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * Lowest minimum of a smooth function, for functions with several: the lowest point of an even grid no coarser than `spacing`, refined.
 * An end of the range that is the lowest of all is returned as it is.
 * @param tolerance accuracy of the place of the minimum
 */
export function minimiseGlobally(f: (x: number) => number, { low, high }: Range, spacing: number, tolerance: number): number {
  const steps = Math.max(2, Math.ceil((high - low) / spacing));
  const points = Array.from({ length: steps + 1 }, (_, i) => evaluate(f, low + ((high - low) * i) / steps));
  const best = points.reduce((lowest, point, i) => (point.value < points[lowest]!.value ? i : lowest), 0);
  if (best === 0 || best === steps) return points[best]!.x;
  return refine(f, [points[best - 1]!, points[best]!, points[best + 1]!], tolerance);
}

/** Minimum of a smooth function next to `start`, found by walking downhill in growing steps, then refined; the end of the range where the walk gets there. */
export function minimiseNear(f: (x: number) => number, range: Range, start: number, step: number, tolerance: number): number {
  const at = (x: number) => evaluate(f, Math.max(range.low, Math.min(range.high, x)));
  let here = at(start);
  let ahead = at(start + step);
  let behind = ahead;
  if (ahead.value < here.value) [behind, here, ahead] = [here, ahead, at(start + 2.6 * step)];
  else ahead = at(start - step);
  while (ahead.value < here.value) [behind, here, ahead] = [here, ahead, at(ahead.x + 1.6 * (ahead.x - here.x))];
  return here.x === ahead.x ? here.x : refine(f, [behind, here, ahead], tolerance);
}

/**
 * Brent's method (Brent 1973, "Algorithms for minimization without derivatives", chapter 5): the vertex of the parabola through the three
 * lowest points where that converges, golden section where not.
 */
function refine(f: (x: number) => number, [end, middle, otherEnd]: Bracket, tolerance: number): number {
  let low = Math.min(end.x, otherEnd.x);
  let high = Math.max(end.x, otherEnd.x);
  let best = middle;
  let [second, third] = end.value < otherEnd.value ? [end, otherEnd] : [otherEnd, end];
  let step = high - low;
  let stepBefore = step;
  for (let count = 0; count < maxSteps && high - low > tolerance; count++) {
    const toVertex = vertexOf(best, second, third) - best.x;
    const converges = Math.abs(toVertex) < Math.abs(stepBefore) / 2 && best.x + toVertex > low && best.x + toVertex < high;
    if (converges && Math.abs(toVertex) < tolerance) break;
    stepBefore = step;
    step = converges ? toVertex : golden * (best.x < (low + high) / 2 ? high - best.x : low - best.x);
    const next = evaluate(f, best.x + step);
    const [inner, outer] = next.value <= best.value ? [next, best] : [best, next];
    if (outer.x < inner.x) low = outer.x;
    else high = outer.x;
    if (inner === next) [best, second, third] = [next, best, second];
    else if (next.value <= second.value) [second, third] = [next, second];
    else if (next.value <= third.value) third = next;
  }
  return best.x;
}

/** Lowest place of the parabola through three points; NaN where they lie on a line. */
function vertexOf(a: Point, b: Point, c: Point): number {
  const left = (a.x - b.x) * (a.value - c.value);
  const right = (a.x - c.x) * (a.value - b.value);
  return a.x - ((a.x - b.x) * left - (a.x - c.x) * right) / (2 * (left - right));
}

function evaluate(f: (x: number) => number, x: number): Point {
  return { x, value: f(x) };
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
