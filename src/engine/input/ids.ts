import { extname } from "node:path";
import { UserError } from "../../shared/errors";
import { isJsonObject } from "../checkpoint/json";
import { readJson } from "./files";
import { readNpyIntegers } from "./npy";

/**
 * Sequences of token ids from a file, at least the leading `limit` ids where the file has so many:
 * - `.json`: a list of ids, a list of lists, or `{"input_ids": ..., "attention_mask": ...}` as Hugging Face tokenizers give it,
 *   where positions with mask 0 (padding, left or right) are cut away;
 * - `.npy`: a 1-D or 2-D array of any integer dtype.
 * Every id that is returned is in [0, vocabularySize).
 * @throws UserError where the file is of another kind or damaged, holds no ids, an empty sequence, or an id out of range.
 */
export async function readIds(path: string, vocabularySize: number, limit: number): Promise<number[][]> {
  const sequences = await readSequences(path, limit);
  if (sequences.length === 0) throw new UserError(`${path} holds no token ids: give at least one.`);
  sequences.forEach((ids, index) => {
    checkSequence(path, ids, index, vocabularySize);
  });
  return sequences;
}

async function readSequences(path: string, limit: number): Promise<number[][]> {
  switch (extname(path).toLowerCase()) {
    case ".json":
      return readJsonSequences(path);
    case ".npy":
      return readNpyIntegers(path, limit);
    default:
      throw new UserError(`${path} is neither a .json nor an .npy file: save the token ids as one of these.`);
  }
}

async function readJsonSequences(path: string): Promise<number[][]> {
  const content = await readJson(path);
  if (!isJsonObject(content)) return sequencesOf(path, content);
  const sequences = sequencesOf(path, content["input_ids"]);
  const mask = content["attention_mask"];
  return mask === undefined ? sequences : withoutPadding(path, sequences, sequencesOf(path, mask));
}

/** A list of numbers is one sequence, a list of lists is several, an empty list is none. */
function sequencesOf(path: string, value: unknown): number[][] {
  if (isNumberList(value)) return value.length === 0 ? [] : [value];
  if (Array.isArray(value) && value.every(isNumberList)) return value;
  throw new UserError(`${path} is not a list of token ids, a list of such lists, or an object with "input_ids": write one of these.`);
}

function isNumberList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((element) => typeof element === "number");
}

function withoutPadding(path: string, sequences: readonly number[][], masks: readonly number[][]): number[][] {
  const matches = sequences.length === masks.length && sequences.every((ids, index) => ids.length === masks[index]!.length);
  if (!matches) throw new UserError(`${path} has an "attention_mask" of another shape than its "input_ids": write both from one tokenizer call.`);
  return sequences.map((ids, index) => {
    const mask = masks[index]!;
    const start = mask.findIndex((value) => value !== 0);
    const end = mask.findLastIndex((value) => value !== 0) + 1;
    if (start >= 0 && mask.slice(start, end).includes(0)) {
      throw new UserError(`${path} masks positions inside sequence ${index}: only padding at its ends can be cut away.`);
    }
    return start < 0 ? [] : ids.slice(start, end);
  });
}

function checkSequence(path: string, ids: readonly number[], sequence: number, vocabularySize: number): void {
  if (ids.length === 0) throw new UserError(`${path} has no token ids in sequence ${sequence}: leave the sequence out.`);
  const position = ids.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize);
  if (position >= 0) {
    throw new UserError(
      `${path} has token id ${ids[position]!} in sequence ${sequence} at position ${position}, and the model's vocabulary has ids 0 to ${vocabularySize - 1}: tokenise with this model's own tokenizer.`,
    );
  }
}
