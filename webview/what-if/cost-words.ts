import { t } from "@vscode/l10n";
import type { CostMeasure, ReplacementMethod } from "../../src/shared/replacement";
import { formatCount } from "../../src/shared/format";
import { formatCost, formatCostIn } from "../../src/shared/replacement-words";

/** A cost with its sign. */
export function costText(cost: number | null): string {
  return cost === null ? t("not finite") : formatCost(cost);
}

/** A cost in its unit. */
export function costTextIn(cost: number | null, measure: CostMeasure): string {
  return cost === null ? t("not finite") : formatCostIn(cost, measure);
}

/** What a cost is. */
export function measureText(measure: CostMeasure): string {
  switch (measure) {
    case "cross-entropy":
      return t("Cost: how many nats a token the cross-entropy of held-out text rises.");
    case "kl":
      return t("Cost: the KL divergence of the predictions on held-out input from the original's, in nats.");
    case "error":
      return t("Cost: how far what the network hands on last lies from the original's on held-out input, as a share of its size.");
  }
}

/** A method in a few words. @param tuneSteps steps in which values were tuned; undefined where that is not known */
export function methodText(method: ReplacementMethod, tuneSteps: number | undefined): string {
  switch (method) {
    case "tuned":
      return tuneSteps === undefined ? t("DyT, all layers tuned together") : t("DyT, all layers tuned together, {0} steps", formatCount(tuneSteps));
    case "in-order":
      return t("DyT, fitted in order");
    case "in-order-robust":
      return t("DyT, in order, outliers left out");
    case "in-order-original":
      return t("DyT, in order, to the original's outputs");
    case "in-order-erf":
      return t("Derf, fitted in order");
    case "in-order-isru":
      return t("ISRU, fitted in order");
    case "per-channel":
      return t("DyT, every layer fitted by itself");
    case "pooled":
      return t("DyT, one gain for all channels");
    case "inverse-std":
      return t("DyT, alpha 1 / std, trained affine");
    case "default":
      return t("DyT, alpha 0.5, trained affine");
    case "official":
      return t("official conversion (alpha 0.5, gain 1)");
    case "own":
      return t("your own values");
  }
}
