import { appendFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TextInput } from "../../../src/engine/input/input";
import { readText } from "../../../src/engine/input/text";
import { loadTokenizer } from "../../../src/engine/input/tokenizer";
import { UserError } from "../../../src/shared/errors";
import { folderWith } from "./folder";
import { golden } from "./golden";

interface GoldenTokenizer {
  readonly tokenizer: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** Of the whole text, without special tokens. */
  readonly ids: readonly number[];
  /** Of "a b", with them. */
  readonly framed: readonly number[];
  readonly vocabulary: number;
}

const kinds = ["gpt2-like", "bert-like", "llama-like"] as const;
const golds = new Map(kinds.map((kind) => [kind as string, golden(`${kind}.json`) as GoldenTokenizer]));
const goldenOf = (kind: string) => golds.get(kind)!;
const frames: Readonly<Record<string, { prefix: number[]; suffix: number[] }>> = {
  "gpt2-like": { prefix: [], suffix: [] },
  "bert-like": { prefix: [2], suffix: [3] },
  "llama-like": { prefix: [1], suffix: [] },
};

const load = (tokenizer: unknown, files: Readonly<Record<string, unknown>> = {}) => loadTokenizer(folderWith({ "tokenizer.json": tokenizer, ...files }));
const model: TextInput = { modality: "text", vocabularySize: 1000, contextLength: 1000 };

describe.each(kinds)("%s tokenizer", (kind) => {
  test("gives the reference library's ids", async () => {
    const tokenizer = await load(goldenOf(kind).tokenizer);
    expect(tokenizer.encode(goldenOf(kind).text)).toEqual(goldenOf(kind).ids);
    expect([...tokenizer.prefix, ...tokenizer.encode("a b"), ...tokenizer.suffix]).toEqual(goldenOf(kind).framed);
    expect({ prefix: tokenizer.prefix, suffix: tokenizer.suffix }).toEqual(frames[kind]);
  });

  test.each([[16, 50], [17, 17], [400, 250], [1000, 100_000]])("cuts text into sequences of %i tokens, %i in all", async (length, maxTokens) => {
    const { text, ids, tokenizer } = goldenOf(kind);
    const { prefix, suffix } = frames[kind]!;
    const path = join(folderWith({ "text.txt": text }), "text.txt");
    const { sequences } = await readText(path, await load(tokenizer), model, length, maxTokens);
    const special = prefix.length + suffix.length;
    const total = sequences.flat().length;
    const content = sequences.flatMap((sequence) => sequence.slice(prefix.length, sequence.length - suffix.length));
    expect(content).toEqual(ids.slice(0, content.length));
    expect(total).toBe(content.length + special * sequences.length);
    for (const sequence of sequences) {
      expect(sequence.slice(0, prefix.length)).toEqual(prefix);
      expect(sequence.slice(sequence.length - suffix.length)).toEqual(suffix);
    }
    expect(sequences.slice(0, -1).every((sequence) => sequence.length === length)).toBe(true);
    expect(sequences.at(-1)!.length).toBeLessThanOrEqual(length);
    expect(total).toBeLessThanOrEqual(maxTokens);
    // Either the text is used up, or no further token fits beside the special ones.
    expect(content.length === ids.length || total + special >= maxTokens).toBe(true);
  });
});

describe("text", () => {
  const bert = goldenOf("bert-like").tokenizer;
  const gpt2 = goldenOf("gpt2-like").tokenizer;
  const read = async (content: unknown, tokenizer: unknown = gpt2, expected = model) =>
    readText(join(folderWith({ "text.txt": content }), "text.txt"), await load(tokenizer), expected, 16, 64);

  test("only the start of a large file is read", async () => {
    const path = join(folderWith({ "text.txt": goldenOf("gpt2-like").text }), "text.txt");
    const before = await readText(path, await load(gpt2), model, 16, 64);
    truncateSync(path, 3 * 2 ** 30);
    const after = await readText(path, await load(gpt2), model, 16, 64);
    expect(after.sequences).toEqual(before.sequences);
  });

  test("reading goes on while white space and long words give too few tokens", async () => {
    const tokenizer = await load(bert);
    const path = join(folderWith({ "text.txt": `${" ".repeat(50_000)}a` }), "text.txt");
    appendFileSync(path, ` ${"\n".repeat(50_000)} the light`);
    const { sequences } = await readText(path, tokenizer, model, 16, 64);
    expect(sequences).toEqual([[2, ...tokenizer.encode("a the light"), 3]]);
  });

  test("characters of several bytes are never cut", async () => {
    const tokenizer = await load(gpt2);
    const text = "日本語".repeat(2000);
    const path = join(folderWith({ "text.txt": text }), "text.txt");
    for (const maxTokens of [10, 11, 12, 13]) {
      const { sequences } = await readText(path, tokenizer, model, 16, maxTokens);
      expect(sequences.flat()).toEqual(tokenizer.encode(text).slice(0, maxTokens));
    }
  });

  test("a byte order mark is no text", async () => {
    expect((await read("\uFEFFlight")).sequences).toEqual((await read("light")).sequences);
  });

  test("unknown tokens above one percent are told", async () => {
    expect((await read("light light light 日 light", bert)).warnings.join()).toMatch(/% of the tokens of .*text\.txt are unknown/);
    expect((await read("light and light", bert)).warnings).toEqual([]);
  });

  test.each([
    ["an empty file", "", "holds no text"],
    ["bytes that are not UTF-8", Uint8Array.of(0x61, 0xff, 0xfe, 0x62), "not UTF-8"],
    ["a cut character at the end", Uint8Array.of(0x61, 0xe6, 0x97), "not UTF-8"],
  ])("%s is refused", async (_, content, reason) => {
    await expect(read(content)).rejects.toThrow(UserError);
    await expect(read(content)).rejects.toThrow(reason);
  });

  test("white space alone is no text for a tokenizer that drops it", async () => {
    await expect(read(" \n ", bert)).rejects.toThrow("holds no text");
  });

  test("a missing file and a folder are refused", async () => {
    const folder = folderWith({});
    const tokenizer = await load(gpt2);
    await expect(readText(join(folder, "none.txt"), tokenizer, model, 16, 64)).rejects.toThrow("none.txt does not exist");
    await expect(readText(folder, tokenizer, model, 16, 64)).rejects.toThrow("is a folder");
  });

  test("a tokenizer of another model is refused", async () => {
    await expect(read("light", gpt2, { ...model, vocabularySize: 100 })).rejects.toThrow("vocabulary 100");
  });

  test("sequences that special tokens fill are refused", async () => {
    const path = join(folderWith({ "text.txt": "light" }), "text.txt");
    await expect(readText(path, await load(bert), model, 2, 64)).rejects.toThrow("2 special ones");
  });
});

describe("tokenizer files", () => {
  test("tokenizer_config.json may be there or not", async () => {
    const { tokenizer, text, ids } = goldenOf("bert-like");
    const withConfig = await load(tokenizer, { "tokenizer_config.json": { tokenizer_class: "BertTokenizer", do_lower_case: true } });
    expect(withConfig.encode(text)).toEqual(ids);
  });

  test("a missing tokenizer, a damaged one and one of an unknown kind are refused by name", async () => {
    await expect(loadTokenizer(folderWith({}))).rejects.toThrow("no tokenizer.json");
    await expect(load("{")).rejects.toThrow("not valid JSON");
    await expect(load([])).rejects.toThrow("not a tokenizer");
    await expect(load({ model: { type: "Sorcery" } })).rejects.toThrow(/tokenizer\.json cannot be used as a tokenizer/);
    await expect(load(goldenOf("gpt2-like").tokenizer, { "tokenizer_config.json": "[]" })).rejects.toThrow("tokenizer_config.json");
  });
});
