import { l10n, ThemeIcon, window, type QuickPickItem } from "vscode";
import { formatCount, formatSeconds } from "../../shared/format";
import type { Result } from "../../shared/result";
import { passesPerStep, secondsOfTuning, stepsOf, tokensPerStep, tuningRefusal, tuningSteps } from "../../shared/tuning";

interface Choice extends QuickPickItem {
  readonly steps: number;
}

/**
 * Asks how long all layers are tuned together by a measurement; what the result was measured with is in front. Where it can't be done nothing is asked.
 * @returns steps, 0 for none; undefined where the user leaves the list.
 */
export async function pickTuning(result: Result): Promise<number | undefined> {
  if (tuningRefusal(result) !== undefined) return tuningSteps.none;
  const before = stepsOf(result);
  const offered = [...new Set([before ?? tuningSteps.none, ...Object.values(tuningSteps)])];
  const choice = await window.showQuickPick(offered.map((steps) => choiceOf(steps, result, before)), { title: l10n.t("Measure Replacement Cost"), placeHolder: l10n.t("Tune all layers together? A step costs about {0} forward passes over {1} tokens.", passesPerStep, formatCount(tokensPerStep)) });
  return choice?.steps;
}

function choiceOf(steps: number, result: Result, before: number | undefined): Choice {
  return {
    steps,
    label: nameOf(steps),
    ...(steps === before && { description: l10n.t("as measured before") }),
    detail: steps === 0 ? l10n.t("Layer after layer is fitted.") : l10n.t("Roughly halves the cost on enough input; takes very roughly {0} more.", formatSeconds(secondsOfTuning(steps, result))),
    iconPath: new ThemeIcon(steps === 0 ? "circle-slash" : "settings"),
  };
}

function nameOf(steps: number): string {
  switch (steps) {
    case tuningSteps.none:
      return l10n.t("Not Tuned");
    case tuningSteps.quick:
      return l10n.t("Quick, {0} Steps", steps);
    case tuningSteps.thorough:
      return l10n.t("Thorough, {0} Steps", steps);
    default:
      return l10n.t("{0} Steps", formatCount(steps));
  }
}
