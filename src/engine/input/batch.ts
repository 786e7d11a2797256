import { createHash } from "node:crypto";
import type { Tensor } from "../tensor";
import type { AudioInput, Batch, ImageInput } from "./input";

/** Tokens that run together at most, unless the user says otherwise: enough to keep matrix products busy, little memory. */
export const defaultBatchTokens = 1024;

/**
 * Batches of token ids, longest sequences first and otherwise in the order given.
 * Each feeds `input_ids`, int64 [sequences, sequenceLength], and holds at most `batchTokens` tokens, or one sequence.
 */
export function batchSequences(sequences: readonly (readonly number[])[], batchTokens: number): Batch[] {
  const longestFirst = sequences.toSorted((a, b) => b.length - a.length);
  return group(longestFirst, (sequence) => sequence.length, batchTokens).map(tokenBatch);
}

/**
 * Batches of images in the order given, each image [channels * height * width] and worth `tokensPerImage` tokens.
 * Each feeds `pixel_values`, float32 [images, channels, height, width].
 */
export function batchImages(images: readonly Float32Array[], expected: ImageInput, batchTokens: number): Batch[] {
  const { channels, height, width, tokensPerImage } = expected;
  return batchPieces(images, { feed: "pixel_values", shape: [channels, height, width], tokensPerPiece: tokensPerImage }, batchTokens);
}

/** What one of several alike is: the name under which they are fed, its shape, and the tokens that it becomes. */
type Pieces = Pick<AudioInput, "shape" | "tokensPerPiece"> & { readonly feed: string };

/** Batches of pieces in the order given, each fed as `expected` says. */
export function batchPieces(pieces: readonly Float32Array[], expected: Pieces, batchTokens: number): Batch[] {
  return group(pieces, () => expected.tokensPerPiece, batchTokens).map((members) => pieceBatch(members, expected));
}

/** The same batches, which also feed a piece of text for each of their members, in order: `input_ids`, int64 [members, length]. */
export function addTokens(batches: readonly Batch[], pieces: readonly (readonly number[])[]): Batch[] {
  let next = 0;
  return batches.map((batch) => {
    const { feeds } = tokenBatch(pieces.slice(next, (next += batch.sequences)));
    return { ...batch, feeds: { ...batch.feeds, ...feeds } };
  });
}

/**
 * SHA-256, hexadecimal, of everything fed: for each sequence in order, its number of elements as a 64-bit integer and then the
 * elements, little-endian. The length keeps differently cut input apart; how sequences are batched does not enter.
 */
export function sha256Of(batches: readonly Batch[]): string {
  const hash = createHash("sha256");
  for (const { feeds, sequences } of batches) {
    for (const { data } of Object.values(feeds)) {
      const length = data.length / sequences;
      for (let start = 0; start < data.length; start += length) {
        hash.update(BigInt64Array.of(BigInt(length)));
        hash.update(data.subarray(start, start + length));
      }
    }
  }
  return hash.digest("hex");
}

/** Neighbours of equal length together, at most `budget` tokens a group, or a single member. */
function group<T>(items: readonly T[], tokensOf: (item: T) => number, budget: number): T[][] {
  const groups: T[][] = [];
  for (const item of items) {
    const open = groups.at(-1);
    const tokens = tokensOf(item);
    const fits = open?.[0] !== undefined && tokensOf(open[0]) === tokens && (open.length + 1) * tokens <= budget;
    if (fits) open.push(item);
    else groups.push([item]);
  }
  return groups;
}

function tokenBatch(sequences: readonly (readonly number[])[]): Batch {
  const sequenceLength = sequences[0]!.length;
  const data = BigInt64Array.from(sequences.flat(), BigInt);
  const tensor: Tensor = { type: "int64", shape: [sequences.length, sequenceLength], data };
  return { feeds: { input_ids: tensor }, sequences: sequences.length, sequenceLength };
}

function pieceBatch(pieces: readonly Float32Array[], { feed, shape, tokensPerPiece }: Pieces): Batch {
  const data = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  pieces.forEach((piece, index) => {
    data.set(piece, index * piece.length);
  });
  return { feeds: { [feed]: { type: "float32", shape: [pieces.length, ...shape], data } }, sequences: pieces.length, sequenceLength: tokensPerPiece };
}
