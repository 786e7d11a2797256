import { dirname, resolve } from "node:path";
import type { Checkpoint, TensorReference } from "./checkpoint";
import { readConfiguration } from "./configuration";
import type { JsonObject } from "./json";

/**
 * A checkpoint of these tensors, with the configuration that stands in the file's folder.
 * @param stored configuration that the file itself holds: taken where there is none beside it.
 * @throws UserError where the configuration is damaged.
 */
export async function describeCheckpoint(format: string, path: string, tensors: readonly TensorReference[], stored?: JsonObject): Promise<Checkpoint> {
  const folder = dirname(resolve(path));
  const config = (await readConfiguration(folder)) ?? stored;
  return { path, folder, format, tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])), ...(config && { config }) };
}
