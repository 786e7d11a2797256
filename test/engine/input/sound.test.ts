import { describe, expect, test } from "vitest";
import type { AudioInput, InputChoice } from "../../../src/engine/input/input";
import { prepareInput } from "../../../src/engine/input/prepare";
import { folderWith } from "./folder";

const sound: AudioInput = { modality: "audio", feed: "input_values", shape: [40], tokensPerPiece: 5 };
const prepare = (choice: InputChoice, expected = sound) => prepareInput(expected, folderWith({}), { choice, maxTokens: 16, seed: 0, batchTokens: 10 });

describe("a model that takes sound", () => {
  test("is fed noise, as many pieces as the tokens allow", async () => {
    const { batches, description, warnings } = await prepare({ kind: "random" });
    expect(batches.map(({ feeds, sequences, sequenceLength }) => [feeds["input_values"]!.shape, sequences, sequenceLength])).toEqual([[[2, 40], 2, 5], [[1, 40], 1, 5]]);
    expect(description).toMatchObject({ kind: "random", sequences: 3, tokens: 15 });
    expect(warnings).toEqual([]);
    const values = batches.flatMap(({ feeds }) => [...feeds["input_values"]!.data].map(Number));
    expect(new Set(values).size).toBe(120);
  });

  test("says that it is noise where nothing was chosen", async () => {
    expect((await prepare({ kind: "default" })).warnings.join()).toContain("so noise was fed");
  });

  test("reads text beside each piece where it has a decoder", async () => {
    const { batches } = await prepare({ kind: "random" }, { ...sound, feed: "input_features", shape: [4, 10], text: { modality: "text", vocabularySize: 9, contextLength: 3 } });
    expect(batches.map(({ feeds }) => [feeds["input_features"]!.shape, feeds["input_ids"]!.shape])).toEqual([[[2, 4, 10], [2, 3]], [[1, 4, 10], [1, 3]]]);
  });

  test("refuses text and images", async () => {
    await expect(prepare({ kind: "text", path: "a.txt" })).rejects.toThrow("The model takes sound");
  });
});
