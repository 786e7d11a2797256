import { sha256Of } from "./batch";
import type { Batch, CalibrationInput, InputOptions } from "./input";

/** Batches with the description that a result keeps of them. */
export function calibration(
  kind: CalibrationInput["description"]["kind"],
  source: string,
  batches: readonly Batch[],
  warnings: readonly string[],
  { seed, sequenceLength, choice }: InputOptions,
): CalibrationInput {
  const sequences = batches.reduce((sum, batch) => sum + batch.sequences, 0);
  const tokens = batches.reduce((sum, batch) => sum + batch.sequences * batch.sequenceLength, 0);
  const asked = { ...(sequenceLength !== undefined && { sequenceLength }), ...(choice.kind === "tensors" && { files: choice.files }) };
  return { batches, description: { kind, source, sequences, tokens, sha256: sha256Of(batches), seed, ...asked }, warnings };
}
