import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Checkpoint, CheckpointFormat, TensorReference } from "./checkpoint";
import { readConfiguration } from "./configuration";
import { tellingBytes } from "./foreign-formats";
import { withInputFile } from "./input-file";
import { beginsLikeSafetensors, readSafetensorsHeader } from "./safetensors-header";

/** A single safetensors file, with the configuration that stands beside it. */
export const safetensorsFile: CheckpointFormat = {
  name: "safetensors",

  /** By its content, or by its name where the content is damaged: then opening it says how. */
  async recognises(path) {
    if (!(await stat(path)).isFile()) return false;
    return path.endsWith(".safetensors") || withInputFile(path, async (file) => {
      const beginning = new Uint8Array(Math.min(file.size, tellingBytes));
      await file.read(beginning, 0);
      return beginsLikeSafetensors(beginning);
    });
  },

  async open(path) {
    const { tensors } = await readSafetensorsHeader(path);
    return describeCheckpoint(path, dirname(resolve(path)), tensors);
  },
};

/**
 * A checkpoint of these tensors, with the configuration found in `folder`.
 * @throws UserError where the configuration is damaged.
 */
export async function describeCheckpoint(path: string, folder: string, tensors: readonly TensorReference[]): Promise<Checkpoint> {
  const config = await readConfiguration(folder);
  return {
    path,
    folder,
    format: safetensorsFile.name,
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    ...(config && { config }),
  };
}
