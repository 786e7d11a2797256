import type { FamilyName } from "../shared/result";

/** A sigmoid between -1 and 1, odd and rising, with its derivative. */
export interface Curve {
  readonly value: (z: number) => number;
  readonly slope: (z: number) => number;
  /**
   * alpha of this curve over alpha of the tanh that looks most like it: where a fit starts.
   * The third-order terms agree where there are any; erf from its least-squares tanh, the two with corners by eye.
   */
  readonly alphaOverTanh: number;
}

/** Error function, to 1e-12: its power series below 2.5, the continued fraction of its complement above (Abramowitz and Stegun 7.1.6, 7.1.14). */
export function erf(z: number): number {
  const magnitude = Math.abs(z);
  if (magnitude > 6) return Math.sign(z);
  return Math.sign(z) * (magnitude < 2.5 ? erfSeries(magnitude) : 1 - erfcFraction(magnitude));
}

function erfSeries(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; term > sum * 1e-16; n++) {
    term *= (2 * z * z) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
}

function erfcFraction(z: number): number {
  let fraction = z;
  for (let n = 40; n > 0; n--) fraction = z + n / 2 / fraction;
  return Math.exp(-z * z) / (Math.sqrt(Math.PI) * fraction);
}

/** 1 inside, 0 outside, with a ramp of 0.2 to either side of the corner: at a step, points would cross it unseen and a search stick there. */
function hardtanhSlope(z: number): number {
  return Math.max(0, Math.min(1, (1.2 - Math.abs(z)) / 0.4));
}

/**
 * The curve families. All run from -1 to 1. tanh, isru z / sqrt(1 + z²), arctan (2/pi) atan(pi z / 2), softsign z / (1 + |z|) and hardtanh
 * have slope 1 at 0; erf, as Derf (arXiv 2512.10938) uses it, 2 / sqrt(pi).
 */
export const curves: Readonly<Record<FamilyName, Curve>> = {
  tanh: { value: Math.tanh, slope: (z) => 1 - Math.tanh(z) ** 2, alphaOverTanh: 1 },
  erf: { value: erf, slope: (z) => (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z), alphaOverTanh: 1 / 1.20278 },
  isru: { value: (z) => z / Math.sqrt(1 + z * z), slope: (z) => (1 + z * z) ** -1.5, alphaOverTanh: Math.sqrt(2 / 3) },
  arctan: {
    value: (z) => (2 / Math.PI) * Math.atan((Math.PI / 2) * z),
    slope: (z) => 1 / (1 + ((Math.PI / 2) * z) ** 2),
    alphaOverTanh: 2 / Math.PI,
  },
  softsign: { value: (z) => z / (1 + Math.abs(z)), slope: (z) => (1 + Math.abs(z)) ** -2, alphaOverTanh: 0.5 },
  hardtanh: { value: (z) => Math.max(-1, Math.min(1, z)), slope: hardtanhSlope, alphaOverTanh: 0.7 },
};

