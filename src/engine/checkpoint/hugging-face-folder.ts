import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../shared/errors";
import type { CheckpointFormat } from "./checkpoint";
import { safetensorsFile } from "./safetensors";
import { indexSuffix, safetensorsIndex } from "./safetensors-index";

/** A folder as Hugging Face's libraries and timm write it: config.json, weights in one safetensors file or in shards with an index. */
export const huggingFaceFolder: CheckpointFormat = {
  name: "safetensors",

  async recognises(path) {
    return (await stat(path)).isDirectory() && (await weightFiles(path)).length > 0;
  },

  async open(path) {
    const name = chooseWeights(await weightFiles(path), path);
    const format = name.endsWith(indexSuffix) ? safetensorsIndex : safetensorsFile;
    return { ...(await format.open(join(path, name))), path };
  },
};

async function weightFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith(".safetensors") || name.endsWith(indexSuffix)).sort();
}

/** The whole model in one file, else an index, else the only safetensors file: the order in which transformers looks. */
function chooseWeights(names: readonly string[], folder: string): string {
  const preferred = ["model.safetensors", `model${indexSuffix}`].find((name) => names.includes(name));
  if (preferred !== undefined) return preferred;
  const indices = names.filter((name) => name.endsWith(indexSuffix));
  const candidates = indices.length > 0 ? indices : names;
  if (candidates.length === 1) return candidates[0]!;
  if (candidates.every((name) => /-\d+-of-\d+\.safetensors$/.test(name))) {
    throw new UserError(`${folder} holds ${candidates.length} shards of a checkpoint but not their index (*${indexSuffix}); get the index and put it there.`);
  }
  throw new UserError(`${folder} holds several checkpoints (${candidates.slice(0, 4).join(", ")}${candidates.length > 4 ? ", …" : ""}); name the file that you mean.`);
}
