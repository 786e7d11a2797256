import type { CostMeasure, ReplacementCost, ReplacementScores } from "../../shared/replacement";
import { mean, scoresOf, type PredictionScores } from "./scorer";

/**
 * What cost is counted in, by what could be scored.
 * @param isRandom the input is random, so that nothing in it could be predicted
 */
export function measureOf({ crossEntropy, kl }: PredictionScores, isRandom: boolean): CostMeasure {
  if (crossEntropy.length > 0 && !isRandom) return "cross-entropy";
  return kl.length > 0 ? "kl" : "error";
}

/** What a network costs beside the original, with the standard error over predictions of the difference of the two. */
export function costOf(measure: CostMeasure, original: PredictionScores, changed: PredictionScores): ReplacementCost {
  const scores = finite(scoresOf(changed));
  if (measure === "error") return { cost: orNull(scores.hiddenError), standardError: 0, scores };
  const differences = measure === "kl" ? changed.kl : changed.crossEntropy.map((value, index) => value - original.crossEntropy[index]!);
  const cost = mean(differences);
  return { cost: orNull(cost), standardError: Number.isFinite(cost) ? standardError(differences, cost) : 0, scores };
}

function standardError(values: readonly number[], centre: number): number {
  if (values.length < 2) return 0;
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
  return Math.sqrt(variance / values.length);
}

/** A network that broke down gives numbers that JSON has no words for: the largest number stands for them. */
function finite({ crossEntropy, kl, top1, hiddenError }: ReplacementScores): ReplacementScores {
  const bounded = (value: number): number => (Number.isFinite(value) ? value : Number.MAX_VALUE);
  return {
    ...(crossEntropy !== undefined && { crossEntropy: bounded(crossEntropy) }),
    ...(kl !== undefined && { kl: bounded(kl) }),
    ...(top1 !== undefined && { top1 }),
    hiddenError: bounded(hiddenError),
  };
}

function orNull(cost: number): number | null {
  return Number.isFinite(cost) && cost < Number.MAX_VALUE ? cost : null;
}
