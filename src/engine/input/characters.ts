import type { CheckpointTokenizer } from "./tokenizer";

/** Text as the code points of its characters. */
export const characterTokenizer: CheckpointTokenizer = {
  encode: (text) => Array.from(text, (character) => character.codePointAt(0)!),
  prefix: [],
  suffix: [],
  vocabularySize: 0x110000,
};

/** Sequences with zeros behind them, up to a length. */
export function filledUp(sequences: readonly (readonly number[])[], length: number): number[][] {
  return sequences.map((ids) => [...ids, ...Array.from({ length: Math.max(0, length - ids.length) }, () => 0)]);
}
