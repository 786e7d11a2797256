/** Sequences after cutting, and whether anything was cut or left out on the way. */
export interface CutSequences {
  readonly sequences: readonly (readonly number[])[];
  /** Sequences that were longer than the length and became several. */
  readonly cut: number;
  /** Whether ids beyond the limit were left out. */
  readonly leftOut: boolean;
}

/**
 * Cuts sequences of token ids into pieces of at most `length` ids, in order, and stops after `maxTokens` ids in all,
 * so that the last piece may be shorter.
 */
export function cutSequences(sequences: readonly (readonly number[])[], length: number, maxTokens: number): CutSequences {
  const pieces: (readonly number[])[] = [];
  let remaining = maxTokens;
  for (const sequence of sequences) {
    for (let start = 0; start < sequence.length && remaining > 0; start += length) {
      const piece = sequence.slice(start, start + Math.min(length, remaining));
      pieces.push(piece);
      remaining -= piece.length;
    }
  }
  const total = sequences.reduce((sum, sequence) => sum + sequence.length, 0);
  return {
    sequences: pieces,
    cut: sequences.filter((sequence) => sequence.length > length).length,
    leftOut: total > maxTokens,
  };
}
