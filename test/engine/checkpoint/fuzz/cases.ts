import { rm, writeFile } from "node:fs/promises";
import { modelFiles, modelNames, writeModel } from "../../graph/tensorflow/model-files";
import { mutatedModel } from "../../graph/tensorflow/mutated-models";
import { mutated, readSeeds } from "./mutation";

/** Names the cases that are models of TensorFlow, of several files each. */
const tensorflow = "tensorflow";

/** Writes a case, always the same for the same number, to a path: a file or a folder. */
export type WriteCase = (number: number, path: string) => Promise<void>;

/** The cases of seeds whose names end so, or of TensorFlow's models. */
export function casesOf(ending: string): WriteCase {
  if (ending !== tensorflow) {
    const seeds = readSeeds(ending);
    return (number, path) => writeFile(path, mutated(seeds, number));
  }
  const models = modelNames().map(modelFiles);
  return async (number, path) => {
    await rm(path, { recursive: true, force: true });
    await writeModel(mutatedModel(models, number), path);
  };
}
