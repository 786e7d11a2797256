import { formatCounted, formatNumber, formatShare } from "./format";
import type { CostMeasure, ReplacementMethod } from "./replacement";

const methodTexts: Readonly<Record<ReplacementMethod, string>> = {
  tuned: "DyT, all layers tuned together",
  "in-order": "DyT, fitted in order",
  "in-order-robust": "DyT, in order, outliers left out",
  "in-order-original": "DyT, in order, to the original's outputs",
  "in-order-erf": "Derf, fitted in order",
  "in-order-isru": "ISRU, fitted in order",
  "per-channel": "DyT, every layer fitted by itself",
  pooled: "DyT, one gain for all channels",
  "inverse-std": "DyT, alpha 1 / std, trained affine",
  default: "DyT, alpha 0.5, trained affine",
  official: "official conversion (alpha 0.5, gain 1)",
  own: "your own values",
};

/** A method, and how long its values were tuned where that is known: "DyT, all layers tuned together, 240 steps". */
export function methodText(method: ReplacementMethod, tuneSteps: number | undefined): string {
  return method === "tuned" && tuneSteps !== undefined ? `${methodTexts[method]}, ${formatCounted(tuneSteps, "step")}` : methodTexts[method];
}

/** What costs are counted in. */
export const costUnits: Readonly<Record<CostMeasure, string>> = { "cross-entropy": "nats", kl: "nats KL", error: "error" };

/** A cost with its sign, since a replacement can be better than the original: "+0.00433". Null stands for an infinite one. */
export function formatCost(cost: number | null): string {
  if (cost === null) return "not finite";
  return cost > 0 ? `+${formatNumber(cost)}` : formatNumber(cost);
}

/** A cost in its unit: "+0.00433 nats", "+1.2 % error". */
export function formatCostIn(cost: number | null, measure: CostMeasure): string {
  if (cost === null) return formatCost(cost);
  if (measure !== "error") return `${formatCost(cost)} ${costUnits[measure]}`;
  return `${cost > 0 ? "+" : ""}${formatShare(cost)} ${costUnits[measure]}`;
}
