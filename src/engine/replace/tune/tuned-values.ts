import type { Warning } from "../../../shared/result";
import { NoGradientError } from "../../graph/gradient/rule";
import type { CalibrationInput } from "../../input/input";
import type { LayerValues } from "../in-order";
import type { Replacing, ValuesByMethod } from "../methods";
import { tuneTogether } from "./tune";

/** Values that were tuned, or why they could not be. */
export interface TunedValues {
  readonly values?: LayerValues;
  readonly warnings: readonly Warning[];
}

/** Methods whose values tuning may start from; `in-order-original` has gains that least squares shrank, from which it comes less far. */
const startingPoints = ["per-channel", "in-order", "in-order-robust"] as const;

/**
 * Tunes the values that were fitted, all layers together.
 * @param steps of tuning; with 0 nothing is tuned
 * @throws CancelledError where it is stopped.
 */
export async function tunedValues({ model, network, signal, steps: watched }: Replacing, { batches }: CalibrationInput, fitted: ValuesByMethod, steps: number): Promise<TunedValues> {
  const starts = startingPoints.map((method) => fitted.get(method)).filter((values) => values !== undefined);
  if (steps === 0 || starts.length === 0) return { warnings: [] };
  try {
    return { values: await tuneTogether({ network, batches, starts, steps, signal, onSteps: watched("tuning all layers together") }), warnings: [] };
  } catch (error) {
    if (!(error instanceof NoGradientError)) throw error;
    const message = `The layers were not tuned together: NormLens has no gradient for the operator ${error.operator} as ${model.checkpoint.path} has it.`;
    return { warnings: [{ code: "not-tuned", message }] };
  }
}
