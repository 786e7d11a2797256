import { readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint, TensorReference } from "../checkpoint/checkpoint";
import { byteLength } from "../checkpoint/safetensors-header";
import type { TensorToWrite } from "../checkpoint/safetensors-writer";

/** A safetensors file that is going to be written. */
export interface Shard {
  readonly name: string;
  /** Tensors that are copied as they are. */
  readonly copied: readonly TensorReference[];
  readonly made: readonly TensorToWrite[];
}

/** A new tensor, and the one in whose file it goes; the first file where there is none. */
export interface MadeTensor {
  readonly tensor: TensorToWrite;
  readonly beside?: string | undefined;
}

/** The usual name of a whole model's file. */
const wholeName = "model.safetensors";

/**
 * The tensors of a checkpoint in files as they lie now, without those that are `replaced` and with those that are `made`. A model in one file keeps to
 * one, whatever that was called; shards of safetensors keep their names.
 */
export async function planShards(checkpoint: Checkpoint, replaced: ReadonlySet<string>, made: readonly MadeTensor[]): Promise<Shard[]> {
  const tensors = [...checkpoint.tensors.values()];
  const files = [...new Set(tensors.map(({ file }) => file))];
  const names = await namesOf(checkpoint, files);
  const fileOf = (name: string | undefined): string => checkpoint.tensors.get(name ?? "")?.file ?? files[0]!;
  const taken = new Set(made.map(({ tensor }) => tensor.name));
  return files
    .map((file, index) => ({
      name: names[index]!,
      copied: tensors.filter((tensor) => tensor.file === file && !replaced.has(tensor.name) && !taken.has(tensor.name)),
      made: made.flatMap(({ tensor, beside }) => (fileOf(beside) === file ? [tensor] : [])),
    }))
    .filter(({ copied, made: added }) => copied.length + added.length > 0);
}

/** model.safetensors.index.json of shards; undefined for a single file. */
export function shardIndex(shards: readonly Shard[]): { readonly name: string; readonly content: unknown } | undefined {
  if (shards.length === 1) return undefined;
  const entries = shards.flatMap(({ name, copied, made }) => [...copied, ...made].map((tensor) => [tensor.name, name] as const));
  return { name: `${wholeName}.index.json`, content: { metadata: { total_size: bytesOf(shards) }, weight_map: Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))) } };
}

/** Bytes of all tensors. */
export function bytesOf(shards: readonly Shard[]): number {
  return shards.flatMap(({ copied, made }) => [...copied, ...made]).reduce((sum, { dtype, shape }) => sum + (byteLength(dtype, shape) ?? 0), 0);
}

async function namesOf({ folder, format }: Checkpoint, files: readonly string[]): Promise<string[]> {
  if (files.length === 1) return [wholeName];
  const own = format === "safetensors" ? await namesIn(folder) : new Map<string, string>();
  const known = files.flatMap((file) => own.get(file) ?? []);
  if (known.length === files.length) return known;
  const five = (number: number): string => String(number).padStart(5, "0");
  return files.map((_, index) => `model-${five(index + 1)}-of-${five(files.length)}.safetensors`);
}

/** Names in a folder by the files that they lead to: the hub's cache links them elsewhere. A link that leads nowhere is none of the model's. */
async function namesIn(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".safetensors"));
  return new Map(await Promise.all(names.map(async (name) => [await realpath(join(folder, name)).catch(() => ""), name] as const)));
}
