import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { readJsonFile } from "./json";
import type { JsonObject } from "./json";

/** Names of a model's configuration: Hugging Face's and timm's, then Meta's. */
export const configurationNames = ["config.json", "params.json"] as const;

/**
 * The configuration that stands in a folder; undefined where there is none.
 * @throws UserError where it can't be read, or is no JSON object.
 */
export async function readConfiguration(folder: string): Promise<JsonObject | undefined> {
  for (const name of configurationNames) {
    const path = join(folder, name);
    if (await exists(path)) return readJsonFile(path);
  }
  return undefined;
}

/** A link that leads nowhere is there, too: without what it stands for, the model would be taken for another. */
async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
