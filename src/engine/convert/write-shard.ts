import { join } from "node:path";
import type { ReplacementCurve } from "../../shared/replacement";
import { SafetensorsWriter } from "../checkpoint/safetensors-writer";
import { tensorCopier, type Watching } from "./copy-tensor";
import type { Shard } from "./shards";

/**
 * Writes one file of a checkpoint into a folder.
 * @param curve of the new layers, which the file states
 * @throws UserError where a disk is full or fails; CancelledError where it is stopped. Nothing is left behind then.
 */
export async function writeShard(folder: string, { name, copied, made }: Shard, curve: ReplacementCurve, watching: Watching): Promise<void> {
  const writer = await SafetensorsWriter.create(join(folder, name), [...copied, ...made].map(({ name: tensor, dtype, shape }) => ({ name: tensor, dtype, shape })), { format: "pt", curve });
  const copy = tensorCopier(watching);
  try {
    for (const tensor of made) await writer.write(tensor.name, 0, tensor.data);
    for (const tensor of copied) await copy(tensor, (piece, offset) => writer.write(tensor.name, offset, piece));
    await writer.finish();
  } finally {
    await writer.abort();
  }
}
