import type { TensorReference } from "../checkpoint/checkpoint";
import { withInputFile } from "../checkpoint/input-file";
import { readBytes, readElements } from "../checkpoint/tensor-data";
import { CancelledError } from "../../shared/errors";
import { elementCount } from "../tensor";

/** Bytes that are copied at a time: enough for a disk's full speed, and all the memory that a copy takes. */
const bytesAtOnce = 2 ** 23;

/** How a copy is watched and stopped. */
export interface Watching {
  readonly signal: AbortSignal;
  /** After each piece, with its bytes. */
  readonly onBytes: (bytes: number) => void;
}

/** Takes a piece of a tensor, `offset` bytes behind its beginning; it holds until the next comes. */
export type TakePiece = (piece: Uint8Array, offset: number) => Promise<void>;

/**
 * Copies tensors piece by piece through one buffer; only quantised ones are turned into float32 on the way.
 * @throws UserError where a file has become shorter or can't be read; CancelledError where it is stopped.
 */
export function tensorCopier({ signal, onBytes }: Watching): (tensor: TensorReference, take: TakePiece) => Promise<void> {
  const buffer = new Uint8Array(bytesAtOnce);
  return async (tensor, take) => {
    let written = 0;
    await eachPiece(tensor, buffer, async (piece) => {
      if (signal.aborted) throw new CancelledError();
      await take(piece, written);
      written += piece.byteLength;
      onBytes(piece.byteLength);
    });
  };
}

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
