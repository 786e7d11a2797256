import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CalibrationInput, ImageInput, InputChoice, InputOptions, TextInput } from "../../../src/engine/input/input";
import { prepareInput } from "../../../src/engine/input/prepare";
import { UserError } from "../../../src/shared/errors";
import { folderWith } from "./folder";
import { bytesOf, golden, type Pixels } from "./golden";

const text: TextInput = { modality: "text", vocabularySize: 500, contextLength: 64 };
const images: ImageInput = { modality: "images", channels: 3, height: 16, width: 16, tokensPerImage: 17 };
const { tokenizer } = golden("bert-like.json") as { tokenizer: unknown };
const { files } = golden("pictures.json") as { files: Readonly<Record<string, { file: string; rgb: Pixels }>> };
const picture = bytesOf(files["RGB"]!.file);

const options = (choice: InputChoice, more: Partial<InputOptions> = {}): InputOptions => ({ choice, maxTokens: 200, seed: 0, ...more });

/** Lengths of the sequences, in the order in which they run. */
const lengths = (input: CalibrationInput) => input.batches.flatMap((batch) => Array<number>(batch.sequences).fill(batch.sequenceLength));
const values = (input: CalibrationInput) => input.batches.flatMap(({ feeds }) => Object.values(feeds).flatMap((tensor) => [...tensor.data].map(Number)));

describe("default input", () => {
  test("is the bundled text where there is a tokenizer", async () => {
    const input = await prepareInput(text, folderWith({ "tokenizer.json": tokenizer }), options({ kind: "default" }));
    expect(input.description).toMatchObject({ kind: "text", source: "bundled text", sequences: 4, tokens: 200, seed: 0 });
    expect(lengths(input)).toEqual([64, 64, 64, 8]);
    expect(input.warnings).toEqual([]);
  });

  test("is random where there is none, and says so", async () => {
    const input = await prepareInput(text, folderWith({}), options({ kind: "default" }));
    expect(input.description).toMatchObject({ kind: "random", source: "random", tokens: 200 });
    expect(input.warnings.join()).toContain("random token ids were fed");
  });

  test("is the bundled text for a model of characters, each its code point, filled up with zeros", async () => {
    const characters: TextInput = { modality: "text", vocabularySize: 2 ** 24, contextLength: 64, characters: true };
    const folder = folderWith({ "text.txt": "Ä😀b" });
    expect(lengths(await prepareInput(characters, folder, options({ kind: "default" })))).toEqual([64, 64, 64, 64]);
    const input = await prepareInput(characters, folder, options({ kind: "text", path: join(folder, "text.txt") }));
    expect(values(input)).toEqual([0xc4, 0x1f600, 0x62, ...Array<number>(61).fill(0)]);
  });

  test("is the bundled photographs where the checkpoint says how to prepare them", async () => {
    const folder = folderWith({ "preprocessor_config.json": { size: { height: 16, width: 16 } } });
    const input = await prepareInput(images, folder, options({ kind: "default" }));
    expect(input.description).toMatchObject({ kind: "images", source: "bundled images", sequences: 11, tokens: 187 });
    expect(input.warnings).toEqual([]);
    const pixels = values(input);
    expect(Math.min(...pixels)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...pixels)).toBeLessThanOrEqual(1);
    expect(new Set(pixels).size).toBeGreaterThan(100);
  });

  test("all bundled photographs can be read", async () => {
    const folder = folderWith({ "preprocessor_config.json": { size: { height: 16, width: 16 } } });
    const input = await prepareInput(images, folder, options({ kind: "default" }, { maxTokens: 10_000 }));
    expect(input.description.sequences).toBe(16);
  });

  test("is random where it does not, and says so", async () => {
    const input = await prepareInput(images, folderWith({}), options({ kind: "default" }));
    expect(input.description).toMatchObject({ kind: "random", sequences: 11, tokens: 187 });
    expect(input.warnings.join()).toContain("random pixels were fed");
  });
});

describe("chosen input", () => {
  test("random ids need no warning when asked for, and follow the seed", async () => {
    const run = (seed: number) => prepareInput(text, folderWith({}), options({ kind: "random" }, { seed }));
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    expect(first.warnings).toEqual([]);
    expect(lengths(first)).toEqual([64, 64, 64, 8]);
    expect(again.description).toEqual(first.description);
    expect(other.description.sha256).not.toBe(first.description.sha256);
    expect(other.description.seed).toBe(2);
  });

  test("text is cut to the length asked for", async () => {
    const folder = folderWith({ "tokenizer.json": tokenizer, "my.txt": "the light of the sun ".repeat(100) });
    const path = join(folder, "my.txt");
    const input = await prepareInput(text, folder, options({ kind: "text", path }, { sequenceLength: 50 }));
    expect(input.description).toMatchObject({ kind: "text", source: path, sequences: 4, tokens: 200 });
    expect(lengths(input)).toEqual([50, 50, 50, 50]);
  });

  test("ids keep their sequences, cut at the model's context and at the bound", async () => {
    const path = join(folderWith({ "ids.json": [[1, 2], Array<number>(100).fill(3), [4], Array<number>(150).fill(5)] }), "ids.json");
    const input = await prepareInput(text, folderWith({}), options({ kind: "ids", path }));
    expect(lengths(input)).toEqual([64, 64, 36, 33, 2, 1]);
    expect(input.description).toMatchObject({ kind: "ids", source: path, tokens: 200 });
    expect(input.warnings.join(" ")).toMatch(/2 sequences of .* longer than 64 tokens were cut.*Only the first 200 tokens/);
  });

  test("images without a preprocessor get a default, and a warning", async () => {
    const folder = folderWith({ "a.png": picture, "b.png": picture });
    const input = await prepareInput(images, folderWith({}), options({ kind: "images", path: folder }));
    expect(input.description).toMatchObject({ kind: "images", source: folder, sequences: 2, tokens: 34 });
    expect(input.warnings.join()).toContain("mean 0.5");
  });

  test("at least one image is fed, however few tokens are asked for", async () => {
    const path = join(folderWith({ "a.png": picture }), "a.png");
    const input = await prepareInput(images, folderWith({}), options({ kind: "images", path }, { maxTokens: 1 }));
    expect(input.description.sequences).toBe(1);
  });

  test("an unreadable image in a folder is refused by name", async () => {
    const folder = folderWith({ "a.png": picture, "b.png": picture.subarray(0, 300) });
    await expect(prepareInput(images, folderWith({}), options({ kind: "images", path: folder }))).rejects.toThrow("b.png");
  });
});

test.each([
  ["ragged ids", text, { kind: "ids" }],
  ["random ids", text, { kind: "random" }],
  ["random images", images, { kind: "random" }],
] as const)("%s are the same whatever the batch size", async (_, expected, { kind }) => {
  const path = join(folderWith({ "ids.json": [[1], [2, 3], [4], [5, 6], [7, 8, 9]] }), "ids.json");
  const choice: InputChoice = kind === "ids" ? { kind, path } : { kind };
  const run = (batchTokens: number) => prepareInput(expected, folderWith({}), options(choice, { batchTokens }));
  const [one, some, all] = [await run(1), await run(40), await run(1_000_000)];
  expect(all.batches.length).toBeLessThan(one.batches.length);
  expect(one.batches.every((batch) => batch.sequences === 1)).toBe(true);
  for (const input of [some, all]) {
    expect(input.description).toEqual(one.description);
    expect(lengths(input)).toEqual(lengths(one));
    expect(values(input)).toEqual(values(one));
  }
});

describe("refusals", () => {
  test.each([
    ["text for an image model", images, { kind: "text", path: "a.txt" }, {}, "a.txt was given as text, but the model takes images"],
    ["ids for an image model", images, { kind: "ids", path: "a.npy" }, {}, "a.npy was given as token ids"],
    ["images for a text model", text, { kind: "images", path: "cats" }, {}, "cats was given as images, but the model takes text"],
    ["text without a tokenizer", text, { kind: "text", path: "a.txt" }, {}, "no tokenizer.json"],
    ["no tokens", text, { kind: "random" }, { maxTokens: 0 }, "number of tokens is 0"],
    ["a broken number of tokens", text, { kind: "random" }, { maxTokens: Number.NaN }, "number of tokens is NaN"],
    ["a sequence beyond the context", text, { kind: "random" }, { sequenceLength: 65 }, "exceeds the model's context of 64"],
    ["a sequence of no tokens", text, { kind: "random" }, { sequenceLength: 0 }, "sequence length is 0"],
  ] as const)("%s", async (_, expected, choice, more, reason) => {
    const preparing = prepareInput(expected, folderWith({}), options(choice, more));
    await expect(preparing).rejects.toThrow(UserError);
    await expect(preparing).rejects.toThrow(reason);
  });
});
