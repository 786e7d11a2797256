import { t } from "@vscode/l10n";
import { formatCount, formatSeconds } from "../../src/shared/format";
import type { Result } from "../../src/shared/result";
import { passesPerStep, secondsOfTuning, tokensPerStep, tuningRefusal, tuningSteps } from "../../src/shared/tuning";
import { Choice, type Option } from "../choice";

interface TuningChoiceProps {
  readonly result: Result;
  /** Steps that are chosen; 0 where nothing is tuned. */
  readonly steps: number;
  readonly choose: (steps: number) => void;
}

/** Whether and how long all layers are tuned together by the next measurement, and what that costs. */
export function TuningChoice({ result, steps, choose }: TuningChoiceProps) {
  const refused = tuningRefusal(result) !== undefined;
  const offered = [...new Set([...Object.values(tuningSteps), steps])].toSorted((one, other) => one - other);
  const options = offered.map((each): Option<string> => ({ value: String(each), text: nameOf(each), title: costOf(each, result), disabled: refused && each > 0 }));
  return (
    <div class="tuning">
      <span>{t("Tuning")}</span>
      <Choice label={t("How long all layers are tuned together")} options={options} chosen={String(steps)} choose={(each) => { choose(Number(each)); }} />
      <span class="note">{costOf(steps, result)}</span>
    </div>
  );
}

function nameOf(steps: number): string {
  switch (steps) {
    case tuningSteps.none:
      return t("not tuned");
    case tuningSteps.quick:
      return t("quick, {0} steps", steps);
    case tuningSteps.thorough:
      return t("thorough, {0} steps", steps);
    default:
      return t("{0} steps", formatCount(steps));
  }
}

function costOf(steps: number, result: Result): string {
  if (steps === 0) return t("Layer after layer is fitted. Tuning all of them together, by gradients, takes longer; on enough input it roughly halves the cost.");
  return t("A step costs about {0} forward passes over {1} tokens: very roughly {2} more.", passesPerStep, formatCount(tokensPerStep), formatSeconds(secondsOfTuning(steps, result)));
}
