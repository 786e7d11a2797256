import { addTokens, sha256Of } from "./batch";
import { bundledPath } from "./bundled";
import { cutSequences } from "./cut";
import type { CalibrationInput, InputOptions, TextInput } from "./input";
import { randomIds } from "./random";
import { readText } from "./text";
import { hasTokenizer, loadTokenizer } from "./tokenizer";

/** Longest piece of text beside one of them; models that take both have less context than that. */
const longestPiece = 1024;

/**
 * The same images or pieces of sound, each with a piece of text beside it, as long as the model's context: bundled text where the folder has the model's
 * tokenizer, else seeded random ids, with a warning that says which.
 * @param expected absent where the model takes them alone: then nothing changes.
 */
export async function pairWithText(images: CalibrationInput, expected: TextInput | undefined, folder: string, options: InputOptions): Promise<CalibrationInput> {
  if (!expected) return images;
  const count = images.description.sequences;
  const length = Math.min(expected.contextLength, longestPiece);
  const read = options.choice.kind === "random" ? [] : await bundledPieces(expected, folder, options, length, count);
  const pieces = read.length > 0 ? read : cutSequences([randomIds(expected.vocabularySize, count * length, options.seed)], length, count * length).sequences;
  const batches = addTokens(images.batches, Array.from({ length: count }, (_, index) => pieces[index % pieces.length]!));
  const warning = `Beside each of them the model read ${length} tokens of ${read.length > 0 ? "the bundled text" : "random ids"}.`;
  return { batches, description: { ...images.description, sha256: sha256Of(batches) }, warnings: [...images.warnings, warning] };
}

/** Pieces of full length; none where the folder has no tokenizer. */
async function bundledPieces(expected: TextInput, folder: string, { tokenizer }: InputOptions, length: number, count: number): Promise<(readonly number[])[]> {
  if (!(await hasTokenizer(folder, tokenizer))) return [];
  const { sequences } = await readText(bundledPath("text.txt"), await loadTokenizer(folder, tokenizer), expected, length, count * length);
  return sequences.filter((piece) => piece.length === length);
}
