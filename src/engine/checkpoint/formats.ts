import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../shared/errors";
import type { Checkpoint, CheckpointFormat } from "./checkpoint";
import { configurationNames } from "./configuration";
import { fileError } from "./file-error";
import { foreignContent, foreignName, tellingBytes } from "./foreign-formats";
import { flaxFile } from "./flax";
import { ggufFile } from "./gguf";
import { hdf5File } from "./hdf5-file";
import { huggingFaceFolder, isTrainingState } from "./hugging-face-folder";
import { beginningOf } from "./input-file";
import { kerasFile } from "./keras";
import { onnxFile } from "./onnx";
import { savedModel } from "./saved-model";
import { safetensorsFile } from "./safetensors";
import { flaxIndex, safetensorsIndex, torchIndex } from "./shard-index";
import { tfjsGraphModel } from "./tfjs-graph-model";
import { torchFile } from "./torch";

/** Every format that is read, in the order in which they are tried: those that tell by content alone come before those that believe a name. */
export const checkpointFormats: readonly CheckpointFormat[] = [huggingFaceFolder, safetensorsIndex, torchIndex, flaxIndex, kerasFile, torchFile, ggufFile, hdf5File, flaxFile, savedModel, tfjsGraphModel, onnxFile, safetensorsFile];

/**
 * Opens a checkpoint, a file or a folder, whatever its format: names and places of its tensors, and its configuration.
 * @throws UserError where there is none, where it is of a format that is not read, or where it is damaged or hostile.
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  try {
    for (const format of checkpointFormats) {
      if (await format.recognises(path)) return await format.open(path);
    }
    throw (await stat(path)).isDirectory() ? await unreadFolder(path) : await unreadFile(path);
  } catch (error) {
    throw fileError("read", path, error);
  }
}

async function unreadFile(path: string): Promise<UserError> {
  const what = foreignContent(await beginningOf(path, tellingBytes)) ?? foreignName(path);
  return new UserError(what === undefined ? `${path} is no checkpoint that NormLens knows; name a file of safetensors, PyTorch or GGUF, or a folder that holds one.` : `${path} is ${what}.`);
}

async function unreadFolder(path: string): Promise<UserError> {
  const names = (await readdir(path)).filter((name) => !isTrainingState(name)).sort();
  const foreign = names.find((name) => foreignName(name) !== undefined);
  if (foreign !== undefined) return unreadFile(join(path, foreign));
  const config = configurationNames.find((name) => names.includes(name));
  return new UserError(
    config === undefined
      ? `${path} holds no checkpoint; name a folder with model.safetensors and config.json.`
      : `${path} holds ${config} but no weights; put model.safetensors there too.`,
  );
}
