/** Neighbouring sequences of one length. */
export interface SequenceRun {
  /** Rows that one sequence takes: its positions times the rows of each position. */
  readonly rowsPerSequence: number;
  readonly sequences: number;
}

/** Rows of all sequences together. */
export function rowsOf(runs: readonly SequenceRun[]): number {
  return runs.reduce((sum, { rowsPerSequence, sequences }) => sum + rowsPerSequence * sequences, 0);
}

/** Runs as a capture's metadata spell them: `1024x3,500` for three sequences of 1024 rows and one of 500. */
export function formatRuns(runs: readonly SequenceRun[]): string {
  return runs.map(({ rowsPerSequence, sequences }) => `${rowsPerSequence}x${sequences}`).join(",");
}

/**
 * Reads {@link formatRuns}' text. A single number without a count is the length of every sequence.
 * Undefined where the text is something else, or does not come to `rows`.
 */
export function parseRuns(text: string, rows: number): readonly SequenceRun[] | undefined {
  const single = /^\d+$/.test(text);
  const runs = single ? [{ rowsPerSequence: Number(text), sequences: rows / Number(text) }] : text.split(",").map(parseRun);
  return runs.every(isRun) && rowsOf(runs) === rows ? runs : undefined;
}

function parseRun(text: string): SequenceRun | undefined {
  const parts = /^(\d+)(?:x(\d+))?$/.exec(text);
  return parts ? { rowsPerSequence: Number(parts[1]), sequences: Number(parts[2] ?? 1) } : undefined;
}

function isRun(run: SequenceRun | undefined): run is SequenceRun {
  return run !== undefined && isCount(run.rowsPerSequence) && isCount(run.sequences);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
