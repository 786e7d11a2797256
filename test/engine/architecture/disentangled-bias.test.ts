import { expect, test } from "vitest";
import { signedBucket } from "../../../src/engine/architecture/disentangled-bias";

/** The first distance of each of DeBERTa 3's buckets that share distances, as transformers' make_log_bucket_position gives it under torch 2.13. */
const firstShared = [
  ...[127, 128, 129, 130, 131, 133, 134, 136, 137, 139, 140, 142, 143, 145, 146, 148, 150, 151, 153, 155, 156, 158, 160, 161, 163, 165, 167, 169, 170],
  ...[172, 174, 176, 178, 180, 182, 184, 186, 188, 190, 192, 194, 196, 198, 201, 203, 205, 207, 210, 212, 214, 216, 219, 221, 224, 226, 229, 231, 234],
  ...[236, 239, 241, 244, 247, 249, 252, 255, 258, 260, 263, 266, 269, 272, 275, 278, 281, 284, 287, 290, 294, 297, 300, 303, 307, 310, 313, 317, 320],
  ...[324, 327, 331, 335, 338, 342, 346, 349, 353, 357, 361, 365, 369, 373, 377, 381, 385, 390, 394, 398, 403, 407, 411, 416, 420, 425, 430, 434, 439],
  ...[444, 449, 454, 459, 464, 469, 474, 479, 484, 490, 495, 500, 506],
];

test("distances share buckets as in PyTorch, and those ahead mirror those behind", () => {
  const buckets = Array.from({ length: 512 }, (_, distance) => signedBucket(distance, 256, 512));
  expect(buckets.slice(0, 128)).toEqual(Array.from({ length: 128 }, (_, distance) => distance));
  const shared = [...new Set(buckets)].filter((bucket) => bucket >= 127);
  expect(shared.map((bucket) => buckets.indexOf(bucket))).toEqual(firstShared);
  expect(buckets.map((bucket) => 0 - bucket)).toEqual(buckets.map((_, distance) => 0 + signedBucket(0 - distance, 256, 512)));
});
