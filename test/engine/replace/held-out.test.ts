import { describe, expect, test } from "vitest";
import { batchSequences } from "../../../src/engine/input/batch";
import { calibration } from "../../../src/engine/input/calibration";
import type { Batch, CalibrationInput } from "../../../src/engine/input/input";
import { leading, splitInput, tokensOf } from "../../../src/engine/replace/held-out";

const sequences = Array.from({ length: 9 }, (_, index) => Array.from({ length: 8 + (index % 3) }, (_unused, position) => 100 * index + position));

function input(lists: readonly (readonly number[])[], batchTokens = 64): CalibrationInput {
  return calibration("ids", "ids.json", batchSequences(lists, batchTokens), [], { choice: { kind: "random" }, maxTokens: 1, seed: 0 });
}

const plenty = { maxTokens: 1000, heldOutTokens: 1000, wholeBatches: false };

/** First ids of the sequences, which tell them apart. */
function firsts(batches: readonly Batch[]): number[] {
  return batches.flatMap(({ feeds, sequences: count, sequenceLength }) => Array.from({ length: count }, (_, index) => Number(feeds["input_ids"]!.data[index * sequenceLength])));
}

describe("input is split", () => {
  test("no sequence is on both sides, and none is lost", () => {
    const split = splitInput(input(sequences), plenty);
    const [left, right] = [firsts(split.calibration.batches), firsts(split.heldOut.batches)];
    expect(left.filter((first) => right.includes(first))).toEqual([]);
    expect([...left, ...right].sort((a, b) => a - b)).toEqual(sequences.map(([first]) => first));
    expect(right).toHaveLength(3);
    expect(split.heldOut.description).toMatchObject({ sequences: 3, tokens: tokensOf(split.heldOut.batches) });
    expect(split.heldOut.description.sha256).not.toBe(split.calibration.description.sha256);
  });

  test("no more is held out than was asked for", () => {
    expect(splitInput(input(sequences), { ...plenty, heldOutTokens: 10 }).heldOut.description).toMatchObject({ sequences: 1, tokens: expect.toSatisfy((tokens: number) => tokens <= 10) as number });
  });

  test.each([[20, 30], [9, 1], [5, 3], [60, 20], [2, 79]])("at most %i tokens are fitted on, and at most %i measured on", (maxTokens, heldOutTokens) => {
    const { calibration: fitted, heldOut } = splitInput(input(sequences), { maxTokens, heldOutTokens, wholeBatches: false });
    expect(fitted.description.tokens).toBe(tokensOf(fitted.batches));
    expect(fitted.description.tokens).toBeLessThanOrEqual(maxTokens);
    expect(heldOut.description.tokens).toBeLessThanOrEqual(Math.max(2, heldOutTokens));
  });

  test("what is not fitted on is held out, be it more than a third", () => {
    const { calibration: fitted, heldOut } = splitInput(input(sequences), { maxTokens: 20, heldOutTokens: 61, wholeBatches: false });
    expect(fitted.description.tokens).toBeGreaterThanOrEqual(16);
    expect(heldOut.description.tokens).toBeGreaterThan(50);
  });

  test("how sequences were batched does not matter", () => {
    const [a, b] = [splitInput(input(sequences, 16), { ...plenty, heldOutTokens: 30 }), splitInput(input(sequences, 1000), { ...plenty, heldOutTokens: 30 })];
    expect(a.heldOut.description).toEqual(b.heldOut.description);
    expect(a.calibration.description).toEqual(b.calibration.description);
  });

  test("one sequence serves both, with a warning", () => {
    const split = splitInput(input([sequences[0]!]), plenty);
    expect(split.heldOut.description.sha256).toBe(split.calibration.description.sha256);
    expect(split.calibration.warnings.join()).toContain("measured on what the values were fitted on");
  });

  test("batches that belong together stay whole", () => {
    const whole = input(sequences.map((ids) => ids.slice(0, 8)), 24);
    const split = splitInput(whole, { ...plenty, heldOutTokens: 24, wholeBatches: true });
    expect([...split.calibration.batches, ...split.heldOut.batches]).toHaveLength(whole.batches.length);
    expect(split.heldOut.batches[0]).toBe(whole.batches[1]);
  });
});

describe("the beginning", () => {
  test("is whole sequences, the last one cut", () => {
    const part = leading(input(sequences).batches, 14, false);
    expect(tokensOf(part)).toBe(14);
    expect(firsts(part)).toHaveLength(2);
  });

  test("of pictures is whole pictures", () => {
    const pixels: Batch = { feeds: { pixel_values: { type: "float32", shape: [3, 1, 2, 2], data: new Float32Array(12) } }, sequences: 3, sequenceLength: 5 };
    expect(tokensOf(leading([pixels], 12, false))).toBe(10);
    expect(tokensOf(leading([pixels], 3, false))).toBe(5);
  });
});
