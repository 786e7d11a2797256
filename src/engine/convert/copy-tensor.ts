import type { TensorReference } from "../checkpoint/checkpoint";
import { withInputFile } from "../checkpoint/input-file";
import { readBytes, readElements } from "../checkpoint/tensor-data";
import { CancelledError } from "../../shared/errors";
import { breathe } from "../forward";
import { elementCount } from "../tensor";

/** Bytes that are copied at a time; two such pieces are all the memory that a copy takes. With larger ones the system looks for large pages to keep files in, which can take longer than the copy. */
const bytesAtOnce = 2 ** 18;

/** How a copy is watched and stopped. */
export interface Watching {
  readonly signal: AbortSignal;
  /** After each piece, with its bytes. */
  readonly onBytes: (bytes: number) => void;
}

/** Takes a piece of a tensor, `offset` bytes behind its beginning; it holds until that is done. */
export type TakePiece = (piece: Uint8Array, offset: number) => Promise<void>;

/**
 * Copies tensors piece by piece, the next being read while one is taken; only quantised ones are turned into float32 on the way.
 * @throws UserError where a file has become shorter or can't be read; CancelledError where it is stopped.
 */
export function tensorCopier({ signal, onBytes }: Watching): (tensor: TensorReference, take: TakePiece) => Promise<void> {
  const buffers = [new Uint8Array(bytesAtOnce), new Uint8Array(bytesAtOnce)];
  return async (tensor, take) => {
    await breathe(signal);
    let written = 0;
    await eachPiece(tensor, buffers, async (piece) => {
      if (signal.aborted) throw new CancelledError();
      await take(piece, written);
      written += piece.byteLength;
      onBytes(piece.byteLength);
    });
  };
}

async function eachPiece(tensor: TensorReference, buffers: readonly Uint8Array[], take: (piece: Uint8Array) => Promise<void>): Promise<void> {
  const { encoding, file, offset, length } = tensor;
  if (encoding?.kind === "strided" || encoding?.kind === "pieces") return take(await readBytes(tensor));
  if (encoding) return eachDecodedPiece(tensor, take);
  return withInputFile(file, async (input) => {
    const pieceAt = (start: number): Uint8Array => buffers[(start / bytesAtOnce) % buffers.length]!.subarray(0, Math.min(bytesAtOnce, length - start));
    const read = async (start: number): Promise<void> => {
      if (start < length) await input.read(pieceAt(start), offset + start);
    };
    await read(0);
    for (let start = 0; start < length; start += bytesAtOnce) await Promise.all([take(pieceAt(start)), read(start + bytesAtOnce)]);
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
