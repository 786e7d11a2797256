import { UserError } from "../../shared/errors";
import { elementCount } from "../tensor";
import { batchPieces, defaultBatchTokens } from "./batch";
import { calibration } from "./calibration";
import type { AudioInput, CalibrationInput, InputOptions } from "./input";
import { randomNormals } from "./random";

/**
 * Pieces of noise for a model that takes sound, as many as the tokens allow and at least one; no sound files are read.
 * @throws UserError where something else was chosen.
 */
export function prepareSound(expected: AudioInput, options: InputOptions): CalibrationInput {
  const { choice, maxTokens, seed } = options;
  if (choice.kind !== "default" && choice.kind !== "random") {
    throw new UserError("The model takes sound, and no sound files are read yet: analyse it with random input, or capture its norm inputs where it runs (docs/capture.md).");
  }
  const count = Math.max(1, Math.floor(maxTokens / expected.tokensPerPiece));
  const length = elementCount(expected.shape);
  const noise = randomNormals(count * length, seed);
  const pieces = Array.from({ length: count }, (_, index) => noise.subarray(index * length, (index + 1) * length));
  const warnings = choice.kind === "random" ? [] : ["The model takes sound, and no sound files are read yet, so noise was fed: capture norm inputs where it runs (docs/capture.md) for numbers that mean something."];
  return calibration("random", "random", batchPieces(pieces, expected, options.batchTokens ?? defaultBatchTokens), warnings, options);
}
