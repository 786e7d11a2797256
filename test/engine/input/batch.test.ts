import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { batchImages, batchSequences, sha256Of } from "../../../src/engine/input/batch";
import { cutSequences } from "../../../src/engine/input/cut";
import type { Batch, ImageInput } from "../../../src/engine/input/input";

const sequences = [[1, 2, 3], [4], [5, 6, 7], [8, 9], [10, 11, 12], [13], [14, 15]];
const longestFirst = [[1, 2, 3], [5, 6, 7], [10, 11, 12], [8, 9], [14, 15], [4], [13]];

/** The sequences of batches, in order. */
function unbatched(batches: readonly Batch[]): number[][] {
  return batches.flatMap(({ feeds, sequences: count, sequenceLength }) => {
    const ids = [...feeds["input_ids"]!.data].map(Number);
    return Array.from({ length: count }, (_, index) => ids.slice(index * sequenceLength, (index + 1) * sequenceLength));
  });
}

describe("batches of sequences", () => {
  test.each([1, 2, 3, 4, 6, 9, 1000])("of at most %i tokens hold the same sequences, longest first and otherwise as given", (batchTokens) => {
    const batches = batchSequences(sequences, batchTokens);
    expect(unbatched(batches)).toEqual(longestFirst);
    for (const batch of batches) {
      expect(batch.feeds["input_ids"]).toMatchObject({ type: "int64", shape: [batch.sequences, batch.sequenceLength] });
      expect(batch.sequences === 1 || batch.sequences * batch.sequenceLength <= batchTokens).toBe(true);
    }
  });

  test("are as full as they can be", () => {
    expect(batchSequences(sequences, 6).map((batch) => [batch.sequences, batch.sequenceLength])).toEqual([[2, 3], [1, 3], [2, 2], [2, 1]]);
  });

  test("of no sequence are none", () => {
    expect(batchSequences([], 10)).toEqual([]);
  });
});

describe("batches of images", () => {
  const expected: ImageInput = { modality: "images", channels: 1, height: 2, width: 2, tokensPerImage: 5 };
  const images = [1, 2, 3].map((value) => new Float32Array(4).fill(value));

  test("keep their order and fit the tokens", () => {
    const batches = batchImages(images, expected, 10);
    expect(batches.map((batch) => batch.feeds["pixel_values"]!.shape)).toEqual([[2, 1, 2, 2], [1, 1, 2, 2]]);
    expect(batches.flatMap((batch) => [...batch.feeds["pixel_values"]!.data])).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
    expect(batches.map((batch) => batch.sequenceLength)).toEqual([5, 5]);
  });
});

describe("sha256", () => {
  test("is that of each length and its ids, as 64-bit integers", () => {
    const expected = createHash("sha256").update(BigInt64Array.from([3n, 1n, 2n, 3n, 1n, 4n])).digest("hex");
    expect(sha256Of(batchSequences([[1, 2, 3], [4]], 100))).toBe(expected);
  });

  test("does not depend on batches, but on content and cutting", () => {
    const hashes = [1, 3, 6, 1000].map((batchTokens) => sha256Of(batchSequences(sequences, batchTokens)));
    expect(new Set(hashes).size).toBe(1);
    expect(sha256Of(batchSequences([[1, 2], [3, 4]], 100))).not.toBe(sha256Of(batchSequences([[1, 2, 3, 4]], 100)));
    expect(sha256Of(batchSequences([[1, 2]], 100))).not.toBe(sha256Of(batchSequences([[2, 1]], 100)));
  });
});

describe("cutting", () => {
  test.each([
    [3, 100, [[1, 2, 3], [4, 5], [6]], 1, false],
    [5, 100, [[1, 2, 3, 4, 5], [6]], 0, false],
    [2, 4, [[1, 2], [3, 4]], 1, true],
    [4, 5, [[1, 2, 3, 4], [5]], 1, true],
    [9, 6, [[1, 2, 3, 4, 5], [6]], 0, false],
  ])("into pieces of %i, %i in all", (length, maxTokens, pieces, cut, leftOut) => {
    expect(cutSequences([[1, 2, 3, 4, 5], [6]], length, maxTokens)).toEqual({ sequences: pieces, cut, leftOut });
  });
});
