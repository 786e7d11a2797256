import { constants } from "node:fs";
import { copyFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint } from "../checkpoint/checkpoint";
import { fileError } from "../checkpoint/file-error";
import { breathe } from "../forward";

/** Files that belong to a model beside its weights and its configuration: tokenizer, preprocessor, settings of generation, code, licence. */
const companion = /^(tokenizer|tokenization|special_tokens_map|added_tokens|vocab|merges|spiece|sentencepiece|chat_template|generation_config|preprocessor|processor|video_preprocessor|image_processor|feature_extractor|normalizer|params|modeling_|modelling_|configuration_|licen[sc]e|notice|use_policy)/i;

/** What is none of these, whatever it is called. */
const foreign = /\.(safetensors|bin|pt|pth|ckpt|gguf|onnx|h5|msgpack|npz|index\.json)$/i;

/**
 * Copies what belongs to a model into another folder.
 * @returns the names of what was copied.
 * @throws UserError where something can't be read or written; CancelledError where it is stopped.
 */
export async function copyCompanions({ folder }: Checkpoint, target: string, signal: AbortSignal): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => companion.test(name) && !foreign.test(name)).sort();
  const copied: string[] = [];
  for (const name of names) {
    const from = join(folder, name);
    if (!(await isFile(from))) continue;
    await breathe(signal);
    try {
      await copyFile(from, join(target, name), constants.COPYFILE_EXCL);
    } catch (error) {
      throw fileError("write", join(target, name), error);
    }
    copied.push(name);
  }
  return copied;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    throw fileError("read", path, error);
  }
}
