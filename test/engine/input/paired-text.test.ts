import { describe, expect, test } from "vitest";
import type { ImageInput, InputChoice } from "../../../src/engine/input/input";
import { prepareInput } from "../../../src/engine/input/prepare";
import { folderWith } from "./folder";
import { golden } from "./golden";

const { tokenizer } = golden("bert-like.json") as { tokenizer: unknown };
const images: ImageInput = { modality: "images", channels: 3, height: 16, width: 16, tokensPerImage: 17 };
const pairs: ImageInput = { ...images, text: { modality: "text", vocabularySize: 500, contextLength: 12 } };

const prepare = (choice: InputChoice, files: Record<string, unknown>) => prepareInput(pairs, folderWith(files), { choice, maxTokens: 100, seed: 0, batchTokens: 34 });
const feeds = async (choice: InputChoice, files: Record<string, unknown> = {}) => (await prepare(choice, files)).batches.map((batch) => batch.feeds);

describe("text beside images", () => {
  test("has a piece as long as the context for every image", async () => {
    const fed = await feeds({ kind: "random" });
    expect(fed.map(({ pixel_values, input_ids }) => [pixel_values!.shape[0], input_ids!.shape])).toEqual([[2, [2, 12]], [2, [2, 12]], [1, [1, 12]]]);
    const pieces = fed.flatMap(({ input_ids }) => [...input_ids!.data].map(Number));
    expect(Math.max(...pieces)).toBeLessThan(500);
    expect(new Set(pieces).size).toBeGreaterThan(20);
  });

  test("is the bundled text where there is a tokenizer, and the input says so", async () => {
    const input = await prepare({ kind: "default" }, { "tokenizer.json": tokenizer, "preprocessor_config.json": { size: { height: 16, width: 16 } } });
    expect(input.description).toMatchObject({ kind: "images", source: "bundled images", sequences: 5 });
    expect(input.warnings).toEqual(["Beside each of them the model read 12 tokens of the bundled text."]);
  });

  test("is random ids where there is none, and counts in the hash", async () => {
    const input = await prepare({ kind: "default" }, { "preprocessor_config.json": { size: { height: 16, width: 16 } } });
    expect(input.warnings).toEqual(["Beside each of them the model read 12 tokens of random ids."]);
    const without = await prepareInput(images, folderWith({ "preprocessor_config.json": { size: { height: 16, width: 16 } } }), { choice: { kind: "default" }, maxTokens: 100, seed: 0, batchTokens: 34 });
    expect(input.description.sha256).not.toBe(without.description.sha256);
  });
});
