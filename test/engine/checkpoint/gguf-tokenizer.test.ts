import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { prepareInput } from "../../../src/engine/input/prepare";
import { hasTokenizer, loadTokenizer } from "../../../src/engine/input/tokenizer";
import { temporaryFolder } from "./files";

interface Case {
  readonly text: string;
  /** Of the reference library, without special tokens. */
  readonly ids: readonly number[];
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
}

const golden = join(import.meta.dirname, "golden");
const cases = JSON.parse(await readFile(join(golden, "tokenizers.json"), "utf8")) as Readonly<Record<string, Case>>;
const open = (name: string) => openCheckpoint(join(golden, `tokenizer-${name}.gguf`));

describe("the tokenizer in a GGUF file", () => {
  test.each(Object.entries(cases))("%s gives the reference library's ids", async (name, { text, ids, prefix, suffix }) => {
    const { tokenizer } = await open(name);
    const loaded = await loadTokenizer(await temporaryFolder(), tokenizer);
    expect(loaded.encode(text)).toEqual(ids);
    expect(loaded).toMatchObject({ prefix, suffix });
  });

  test("reads text where no tokenizer.json stands beside the file", async () => {
    const { tokenizer } = await open("llama");
    const { description } = await prepareInput({ modality: "text", vocabularySize: 400, contextLength: 64 }, await temporaryFolder(), { choice: { kind: "default" }, maxTokens: 128, seed: 0, tokenizer: tokenizer! });
    expect(description).toMatchObject({ kind: "text", source: "bundled text", tokens: 128 });
  });

  test("is not taken where text is split in a way that is not known", async () => {
    const { tokenizer } = await open("unknown");
    expect(tokenizer).toBeUndefined();
    expect(await hasTokenizer(await temporaryFolder(), tokenizer)).toBe(false);
  });
});
