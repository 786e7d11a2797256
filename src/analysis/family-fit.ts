import { familyNames, type FamilyFit } from "../shared/result";
import { curves, type Curve } from "./curves";
import type { Nodes } from "./nodes";
import type { Range } from "./minimise";

const maxSteps = 40;
/** Steps in log alpha and shift below this end the search. */
const tolerance = 1e-6;
/** Longest step in log alpha or in shift. */
const longestStep = 0.7;
/** Beyond this shift the curve no longer passes through 0 near its middle. */
const maxShift = 3;

/** Fits of all families, with shift, by Levenberg-Marquardt: tanh from the fit without shift, the others from tanh. */
export function fitFamilies(nodes: Nodes, tanhAlpha: number, bounds: Range): FamilyFit[] {
  const tanh = fitCurve(nodes, curves.tanh, { logAlpha: Math.log(tanhAlpha), shift: 0 }, bounds);
  return familyNames.map((name) => {
    const curve = curves[name];
    const start = { logAlpha: Math.log(tanh.alpha * curve.alphaOverTanh), shift: tanh.shift };
    return { name, ...(name === "tanh" ? tanh : fitCurve(nodes, curve, start, bounds)) };
  });
}

interface Place {
  readonly logAlpha: number;
  readonly shift: number;
}

/**
 * Linear in gain and offset, so the search is over log alpha and shift alone, with gain and offset at their best for each
 * (variable projection: Golub and Pereyra 1973, in Kaufman's form).
 */
function fitCurve(nodes: Nodes, curve: Curve, start: Place, bounds: Range): Omit<FamilyFit, "name"> {
  let here = evaluate(nodes, curve, start);
  let damping = 1e-4;
  for (let count = 0; count < maxSteps; count++) {
    const to = step(here, damping, bounds);
    const moved = Math.max(Math.abs(to.logAlpha - here.place.logAlpha), Math.abs(to.shift - here.place.shift));
    if (!(moved > tolerance)) break;
    const there = evaluate(nodes, curve, to);
    if (there.r2 > here.r2) {
      here = there;
      damping = Math.max(1e-9, damping / 10);
    } else {
      damping *= 10;
    }
  }
  return { alpha: Math.exp(here.place.logAlpha), shift: here.place.shift, gain: here.gain, offset: here.offset, r2: here.r2 };
}

/** A place, what is best there, and which way is down: normal equations of log alpha (a) and shift (s) without gain and offset. */
interface Evaluation {
  readonly place: Place;
  readonly gain: number;
  readonly offset: number;
  readonly r2: number;
  readonly normal: { readonly aa: number; readonly as: number; readonly ss: number; readonly ar: number; readonly sr: number };
}

function evaluate(nodes: Nodes, curve: Curve, place: Place): Evaluation {
  const { x, y, weight, meanY, varianceY } = nodes;
  const alpha = Math.exp(place.logAlpha);
  let f = 0;
  let a = 0;
  let s = 0;
  let ff = 0;
  let fa = 0;
  let fs = 0;
  let fy = 0;
  let aa = 0;
  let as = 0;
  let ss = 0;
  let ay = 0;
  let sy = 0;
  for (let i = 0; i < x.length; i++) {
    const scaled = alpha * x[i]!;
    const value = curve.value(scaled + place.shift);
    const byShift = curve.slope(scaled + place.shift);
    const byAlpha = byShift * scaled;
    const w = weight[i]!;
    const target = w * (y[i]! - meanY);
    f += w * value;
    a += w * byAlpha;
    s += w * byShift;
    ff += w * value * value;
    fa += w * value * byAlpha;
    fs += w * value * byShift;
    aa += w * byAlpha * byAlpha;
    as += w * byAlpha * byShift;
    ss += w * byShift * byShift;
    fy += target * value;
    ay += target * byAlpha;
    sy += target * byShift;
  }
  const variance = ff - f * f;
  if (!(variance > 0)) return { place, gain: 0, offset: meanY, r2: 0, normal: { aa: 1, as: 0, ss: 1, ar: 0, sr: 0 } };
  const gain = fy / variance;
  const onF = { a: (fa - f * a) / variance, s: (fs - f * s) / variance };
  return {
    place,
    gain,
    offset: meanY - gain * f,
    r2: Math.min(1, (gain * fy) / varianceY),
    normal: {
      aa: gain * gain * (aa - a * a - onF.a * onF.a * variance),
      as: gain * gain * (as - a * s - onF.a * onF.s * variance),
      ss: gain * gain * (ss - s * s - onF.s * onF.s * variance),
      ar: gain * (ay - onF.a * fy),
      sr: gain * (sy - onF.s * fy),
    },
  };
}

function step({ place, normal }: Evaluation, damping: number, bounds: Range): Place {
  const aa = normal.aa * (1 + damping);
  const ss = normal.ss * (1 + damping);
  const determinant = aa * ss - normal.as * normal.as;
  const da = (ss * normal.ar - normal.as * normal.sr) / determinant;
  const ds = (aa * normal.sr - normal.as * normal.ar) / determinant;
  return {
    logAlpha: clamp(place.logAlpha + clamp(da, -longestStep, longestStep), bounds.low, bounds.high),
    shift: clamp(place.shift + clamp(ds, -longestStep, longestStep), -maxShift, maxShift),
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
