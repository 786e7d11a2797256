import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { ImageInput } from "./input";

/** `count` token ids, uniform over the vocabulary, from the seed alone. */
export function randomIds(vocabularySize: number, count: number, seed: number): number[] {
  const generator = xoroshiro128plus(seed);
  return Array.from({ length: count }, () => uniformInt(generator, 0, vocabularySize - 1));
}

/** `count` images, each [channels * height * width], whose pixel values after normalisation are standard normal, from the seed alone. */
export function randomImages(expected: ImageInput, count: number, seed: number): Float32Array[] {
  const generator = xoroshiro128plus(seed);
  const pixels = expected.channels * expected.height * expected.width;
  return Array.from({ length: count }, () => normals(pixels, generator));
}

/** `count` standard normal values, from the seed alone. */
export function randomNormals(count: number, seed: number): Float32Array {
  return normals(count, xoroshiro128plus(seed));
}

function normals(count: number, generator: RandomGenerator): Float32Array {
  return Float32Array.from({ length: count }, () => standardNormal(uniformFloat64(generator), uniformFloat64(generator)));
}

/** Box and Muller's transform of two uniform values in [0, 1) to one standard normal value. */
function standardNormal(u: number, v: number): number {
  return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
}
