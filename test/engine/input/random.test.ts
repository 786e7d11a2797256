import { describe, expect, test } from "vitest";
import type { ImageInput } from "../../../src/engine/input/input";
import { randomIds, randomImages } from "../../../src/engine/input/random";

const images: ImageInput = { modality: "images", channels: 3, height: 100, width: 100, tokensPerImage: 10 };

describe("random ids", () => {
  test("cover the vocabulary evenly and stay in it", () => {
    const counts = new Map<number, number>();
    for (const id of randomIds(10, 100_000, 1)) counts.set(id, (counts.get(id) ?? 0) + 1);
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    // Standard deviation of a count is 95: five of them.
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(475);
  });

  test("are given by the seed, and more of them begin with the same", () => {
    expect(randomIds(1000, 50, 7)).toEqual(randomIds(1000, 50, 7));
    expect(randomIds(1000, 80, 7).slice(0, 50)).toEqual(randomIds(1000, 50, 7));
    expect(randomIds(1000, 50, 7)).not.toEqual(randomIds(1000, 50, 8));
  });

  test("a vocabulary of one has one id", () => {
    expect(randomIds(1, 3, 0)).toEqual([0, 0, 0]);
  });
});

describe("random images", () => {
  test("are standard normal: mean, variance and fourth moment", () => {
    const values = randomImages(images, 4, 3).flatMap((image) => [...image]);
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    expect(values.length).toBe(120_000);
    // Five standard errors of each moment of 120 000 values.
    expect(Math.abs(moment(1))).toBeLessThan(0.0145);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.0205);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.15);
    expect(values.every(Number.isFinite)).toBe(true);
  });

  test("are given by the seed", () => {
    expect(randomImages(images, 1, 3)).toEqual(randomImages(images, 1, 3));
    expect(randomImages(images, 1, 3)).not.toEqual(randomImages(images, 1, 4));
  });
});
