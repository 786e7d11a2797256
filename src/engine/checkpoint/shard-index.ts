import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { UserError } from "../../shared/errors";
import type { CheckpointFormat, TensorReference } from "./checkpoint";
import { describeCheckpoint } from "./describe-checkpoint";
import { flaxFile } from "./flax";
import { nameOfFlaxKeys } from "./flax-names";
import { isJsonObject, parseUntrustedJson, readJsonFile } from "./json";
import { quote } from "./quote";
import { safetensorsFile } from "./safetensors";
import { torchFile } from "./torch";

/** Shards whose headers are read at the same time: enough to hide a disk's latency, few enough for any limit on open files. */
const shardsAtOnce = 16;

/** Ending of the file that says in which shard each tensor lies, after that of the shards. */
const indexEnding = ".index.json";

/**
 * A checkpoint cut into several files of one format (shards), named by its index.
 * @param ending that of the shards.
 * @param rename the name of a tensor once it is read, of its name in the index.
 */
function shardIndex(ending: string, format: CheckpointFormat, rename = (name: string): string => name): CheckpointFormat {
  return {
    name: format.name,

    async recognises(path) {
      return path.endsWith(ending + indexEnding) && (await stat(path)).isFile();
    },

    async open(path) {
      const weightMap = await readWeightMap(path);
      const shards = await readShards([...new Set(weightMap.values())], format, path);
      const tensors = [...weightMap].map(([name, shard]) => {
        const tensor = shards.get(shard)?.get(rename(name));
        if (tensor) return tensor;
        throw new UserError(`${path} says that tensor ${quote(name)} lies in ${quote(shard)}, but it is not there; get both files again.`);
      });
      return describeCheckpoint(format.name, path, tensors);
    },
  };
}

/** model.safetensors.index.json, as transformers writes it. */
export const safetensorsIndex = shardIndex(".safetensors", safetensorsFile);

/** pytorch_model.bin.index.json, as transformers wrote it before safetensors. */
export const torchIndex = shardIndex(".bin", torchFile);

/** flax_model.msgpack.index.json, which has the keys that lead to each array. */
export const flaxIndex = shardIndex(".msgpack", flaxFile, (name) => nameOfFlaxKeys(name.split("/")));

/** Tensor name to shard name. */
async function readWeightMap(path: string): Promise<ReadonlyMap<string, string>> {
  const weightMap = (await readJsonFile(path, parseUntrustedJson))["weight_map"];
  if (!isJsonObject(weightMap)) throw new UserError(`${path} has no weight_map; get the file again.`);
  const shards = new Map<string, string>();
  for (const [name, shard] of Object.entries(weightMap)) {
    if (typeof shard !== "string") throw new UserError(`${path} names no file for tensor ${quote(name)}; get the file again.`);
    shards.set(name, shard);
  }
  return shards;
}

async function readShards(names: readonly string[], format: CheckpointFormat, index: string): Promise<Map<string, ReadonlyMap<string, TensorReference>>> {
  for (const name of names) {
    if (leavesFolder(name)) throw new UserError(`${index} names the shard ${quote(name)}, which is not a file in its folder; don't trust this checkpoint and get it from its source.`);
  }
  const shards = new Map<string, ReadonlyMap<string, TensorReference>>();
  const waiting = names.values();
  const readInTurn = async (): Promise<void> => {
    for (const name of waiting) {
      shards.set(name, await readShard(join(dirname(resolve(index)), name), format, index));
    }
  };
  await Promise.all(Array.from({ length: shardsAtOnce }, readInTurn));
  return shards;
}

/** Judged by the name alone: the hub's cache rightly links the shards of a snapshot to files elsewhere. */
export function leavesFolder(name: string): boolean {
  return name === "" || /^[/\\]|^[a-z]:|[\0\\]/i.test(name) || name.split("/").includes("..");
}

async function readShard(path: string, format: CheckpointFormat, index: string): Promise<ReadonlyMap<string, TensorReference>> {
  try {
    await stat(path);
  } catch (cause) {
    throw new UserError(`${index} names the shard ${path}, which is missing; get it and put it there.`, { cause });
  }
  return (await format.open(path)).tensors;
}
