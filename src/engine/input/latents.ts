import { UserError } from "../../shared/errors";
import { batchPieces, defaultBatchTokens } from "./batch";
import { calibration } from "./calibration";
import type { Batch, CalibrationInput, InputOptions, LatentInput } from "./input";
import { randomIds, randomNormals } from "./random";

/**
 * Noise for a model that takes noise away, and what it is told beside each piece of it, all from the seed. It is what such a model begins with; later
 * in a sampling it sees less noise, which only a capture can show.
 * @throws UserError where something else was chosen, which such a model can't be fed.
 */
export function prepareLatents(expected: LatentInput, options: InputOptions): CalibrationInput {
  const { choice } = options;
  if (choice.kind !== "default" && choice.kind !== "random") {
    throw new UserError("The model takes latents, which no text, image or sound is: leave its input to NormLens, or record its norm inputs in a capture file (docs/capture.md).");
  }
  const count = Math.max(1, Math.floor(options.maxTokens / expected.tokensPerPiece));
  const size = expected.shape.reduce((product, one) => product * one, 1);
  const noise = randomNormals(count * size, options.seed);
  const pieces = Array.from({ length: count }, (_, index) => noise.subarray(index * size, (index + 1) * size));
  const batches = told(batchPieces(pieces, { ...expected, feed: "latents" }, options.batchTokens ?? defaultBatchTokens), expected.conditions, count, options.seed);
  const conditions = Object.keys(expected.conditions).join(" and ");
  const warning = `The model takes latents, so noise was fed, with ${conditions} at random: record a sampling in a capture file for the inputs that its norms see there.`;
  return calibration("random", "random", batches, choice.kind === "default" ? [warning] : [], options);
}

/** The same batches, each with a number of every condition for each of its members, int64 [members]. */
function told(batches: readonly Batch[], conditions: LatentInput["conditions"], count: number, seed: number): Batch[] {
  const drawn = Object.entries(conditions).map(([name, outcomes], index) => [name, randomIds(outcomes, count, seed + index + 1)] as const);
  let next = 0;
  return batches.map((batch) => {
    const members = [next, (next += batch.sequences)] as const;
    const feeds = drawn.map(([name, values]) => [name, { type: "int64", shape: [batch.sequences], data: BigInt64Array.from(values.slice(...members), BigInt) }] as const);
    return { ...batch, feeds: { ...batch.feeds, ...Object.fromEntries(feeds) } };
  });
}
