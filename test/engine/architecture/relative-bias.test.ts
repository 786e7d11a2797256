import { expect, test } from "vitest";
import { distanceBuckets } from "../../../src/engine/architecture/relative-bias";

/** The first distance of every bucket, as transformers' T5Attention._relative_position_bucket gives it under torch 2.13. */
const firstDistances: readonly (readonly [count: number, furthest: number, first: readonly number[]])[] = [
  [16, 128, [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91]],
  [32, 128, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113]],
  [16, 256, [0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 20, 30, 46, 70, 108, 166]],
  [4, 12, [0, 1, 2, 5]],
];

test.each(firstDistances)("%i buckets up to a distance of %i begin where PyTorch's do", (count, furthest, first) => {
  const buckets = distanceBuckets(count, furthest);
  expect(buckets).toHaveLength(furthest + 1);
  expect(Array.from({ length: count }, (_, bucket) => buckets.indexOf(bucket))).toEqual(first);
});
