import { join } from "node:path";
import { CancelledError } from "../../shared/errors";
import type { TensorReference } from "../checkpoint/checkpoint";
import { withInputFile } from "../checkpoint/input-file";
import { SafetensorsWriter } from "../checkpoint/safetensors-writer";
import { readBytes, readElements } from "../checkpoint/tensor-data";
import { elementCount } from "../tensor";
import type { Shard } from "./shards";

/** Bytes that are copied at a time: enough for a disk's full speed, and all the memory that a copy takes. */
const bytesAtOnce = 2 ** 23;

/** How a copy is watched and stopped. */
export interface Watching {
  readonly signal: AbortSignal;
  /** After each piece, with its bytes. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Writes one file of a checkpoint into a folder. Tensors are copied piece by piece; only quantised ones are turned into float32 on the way.
 * @throws UserError where a disk is full or fails; CancelledError where it is stopped. Nothing is left behind then.
 */
export async function writeShard(folder: string, { name, copied, made }: Shard, watching: Watching): Promise<void> {
  const writer = await SafetensorsWriter.create(join(folder, name), [...copied, ...made].map(({ name: tensor, dtype, shape }) => ({ name: tensor, dtype, shape })), { format: "pt" });
  const buffer = new Uint8Array(bytesAtOnce);
  try {
    for (const tensor of made) await writer.write(tensor.name, 0, tensor.data);
    for (const tensor of copied) {
      let written = 0;
      await eachPiece(tensor, buffer, async (piece) => {
        if (watching.signal.aborted) throw new CancelledError();
        await writer.write(tensor.name, written, piece);
        written += piece.byteLength;
        watching.onBytes(piece.byteLength);
      });
    }
    await writer.finish();
  } finally {
    await writer.abort();
  }
}

/** Hands the bytes of a tensor on, one piece after the other, in one buffer where it can. */
async function eachPiece(tensor: TensorReference, buffer: Uint8Array, take: (piece: Uint8Array) => Promise<void>): Promise<void> {
  const { encoding, file, offset, length } = tensor;
  if (encoding?.kind === "strided") return take(await readBytes(tensor));
  if (encoding) return eachDecodedPiece(tensor, take);
  return withInputFile(file, async (input) => {
    for (let done = 0; done < length; done += buffer.length) {
      const piece = buffer.subarray(0, Math.min(buffer.length, length - done));
      await input.read(piece, offset + done);
      await take(piece);
    }
  });
}

async function eachDecodedPiece(tensor: TensorReference, take: (piece: Uint8Array) => Promise<void>): Promise<void> {
  const elements = elementCount(tensor.shape);
  const atOnce = bytesAtOnce / Float32Array.BYTES_PER_ELEMENT;
  for (let first = 0; first < elements; first += atOnce) {
    const numbers = await readElements(tensor, first, Math.min(atOnce, elements - first));
    await take(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
  }
}
