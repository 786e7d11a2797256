import { stat } from "node:fs/promises";
import type { CheckpointFormat } from "./checkpoint";
import { describeCheckpoint } from "./describe-checkpoint";
import { tellingBytes } from "./foreign-formats";
import { beginningOf } from "./input-file";
import { beginsLikeSafetensors, readSafetensorsHeader } from "./safetensors-header";

/** A single safetensors file, with the configuration that stands beside it. */
export const safetensorsFile: CheckpointFormat = {
  name: "safetensors",

  /** By its content, or by its name where the content is damaged: then opening it says how. */
  async recognises(path) {
    const beginning = await beginningOf(path, tellingBytes);
    return beginsLikeSafetensors(beginning) || (path.endsWith(".safetensors") && (await stat(path)).isFile());
  },

  async open(path) {
    const { tensors } = await readSafetensorsHeader(path);
    return describeCheckpoint(safetensorsFile.name, path, tensors);
  },
};
