import { UserError } from "../../shared/errors";
import { fileSize, readBytes } from "./files";
import type { TextInput } from "./input";
import type { CheckpointTokenizer } from "./tokenizer";

/** First guess of how much text a token takes; English takes 4 to 5 bytes with vocabularies of 30 000 and more. */
const bytesPerToken = 5;

/** Share of unknown tokens above which the user is told. */
const unknownShareWorthTelling = 0.01;

/** Calibration text, tokenised. */
export interface TokenisedText {
  /** Sequences of at most the length asked for, special tokens included. */
  readonly sequences: readonly (readonly number[])[];
  readonly warnings: readonly string[];
}

/**
 * Token ids of the start of a UTF-8 text file: sequences of `sequenceLength` tokens, `maxTokens` in all, the last one shorter
 * where the bound or the text ends it. Each piece gets the special tokens that the tokenizer puts around a sequence, and they count:
 * a model that was trained with BOS at the start of every sequence sees it there.
 * The file is read only as far as the tokens need it.
 * @throws UserError where the file is empty, unreadable or not UTF-8, where the tokenizer is not the model's,
 *   or where no token fits beside the special ones.
 */
export async function readText(
  path: string,
  tokenizer: CheckpointTokenizer,
  expected: TextInput,
  sequenceLength: number,
  maxTokens: number,
): Promise<TokenisedText> {
  const special = tokenizer.prefix.length + tokenizer.suffix.length;
  if (Math.min(sequenceLength, maxTokens) <= special) {
    throw new UserError(`${path} cannot be cut into sequences of ${Math.min(sequenceLength, maxTokens)} tokens, as the tokenizer adds ${special} special ones to each: allow longer sequences.`);
  }
  const ids = await leadingIds(path, tokenizer, maxTokens);
  checkVocabulary(path, tokenizer, ids, expected.vocabularySize);
  const sequences = frame(ids, tokenizer, sequenceLength, maxTokens);
  return { sequences, warnings: unknownWarning(path, tokenizer, sequences) };
}

/** At least the `count` leading token ids of a file, or all where it has fewer: reads a part of it, twice as much while that is too little. */
async function leadingIds(path: string, tokenizer: CheckpointTokenizer, count: number): Promise<number[]> {
  const size = await fileSize(path);
  for (let length = Math.min(size, count * bytesPerToken + 1024); ; length = Math.min(size, 2 * length)) {
    const ids = tokenizer.encode(await leadingText(path, length, length === size));
    if (ids.length >= count || length === size) {
      if (ids.length === 0) throw new UserError(`${path} holds no text: give a text file with at least one word.`);
      return ids;
    }
  }
}

/** The first `length` bytes of a file as text; a part of a file ends before its last white space, so that no word is cut. */
async function leadingText(path: string, length: number, whole: boolean): Promise<string> {
  const text = decodeUtf8(path, await readBytes(path, 0, length), whole);
  if (whole) return text;
  const end = Math.max(text.lastIndexOf(" "), text.lastIndexOf("\n"));
  return end > 0 ? text.slice(0, end) : text;
}

function decodeUtf8(path: string, bytes: Uint8Array, whole: boolean): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !whole });
  } catch {
    throw new UserError(`${path} is not UTF-8 text: save it as UTF-8.`);
  }
}

function checkVocabulary(path: string, tokenizer: CheckpointTokenizer, ids: readonly number[], modelVocabulary: number): void {
  if (ids.some((id) => !Number.isInteger(id) || id < 0)) {
    throw new UserError(`${path} cannot be tokenised, as tokenizer.json gives ids that are no whole numbers from 0 on: get the tokenizer again.`);
  }
  const tokenizerVocabulary = Math.max(tokenizer.vocabularySize, 1 + ids.reduce((highest, id) => Math.max(highest, id), 0));
  if (tokenizerVocabulary > modelVocabulary) {
    throw new UserError(
      `${path} cannot be tokenised for this model, as tokenizer.json has ${tokenizerVocabulary} tokens and the model's vocabulary ${modelVocabulary}: put the model's own tokenizer.json beside the checkpoint.`,
    );
  }
}

/** Cuts ids into pieces and puts the special tokens around each. */
function frame(ids: readonly number[], tokenizer: CheckpointTokenizer, sequenceLength: number, maxTokens: number): number[][] {
  const special = tokenizer.prefix.length + tokenizer.suffix.length;
  const sequences: number[][] = [];
  let remaining = maxTokens;
  for (let start = 0; start < ids.length && remaining > special; ) {
    const piece = ids.slice(start, start + Math.min(sequenceLength, remaining) - special);
    sequences.push([...tokenizer.prefix, ...piece, ...tokenizer.suffix]);
    start += piece.length;
    remaining -= piece.length + special;
  }
  return sequences;
}

function unknownWarning(path: string, tokenizer: CheckpointTokenizer, sequences: readonly (readonly number[])[]): string[] {
  const ids = sequences.flat();
  const share = ids.filter((id) => id === tokenizer.unknownId).length / ids.length;
  if (share <= unknownShareWorthTelling) return [];
  return [`${(100 * share).toFixed(1)} % of the tokens of ${path} are unknown to the model's tokenizer: give text of the kind that the model was trained on.`];
}
