import { withInputFile, type InputFile } from "./input-file";

/** A part of a tensor's bytes in one file. */
export interface Piece {
  /** Absolute path with all symbolic links resolved. */
  readonly file: string;
  /** Byte offset in the file. */
  readonly offset: number;
  /** Length in bytes. */
  readonly length: number;
}

/** Hands pieces to `use` as if they were a file, one after the other; each is opened when it is read. */
export async function withPieces<T>(pieces: readonly Piece[], use: (file: InputFile) => Promise<T>): Promise<T> {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  return use({ path: pieces[0]?.file ?? "", size, read: (target, offset) => readPieces(pieces, target, offset) });
}

async function readPieces(pieces: readonly Piece[], target: Uint8Array, offset: number): Promise<void> {
  let start = 0;
  for (const piece of pieces) {
    const [from, to] = [Math.max(offset, start), Math.min(offset + target.length, start + piece.length)];
    const place = piece.offset + from - start;
    if (from < to) await withInputFile(piece.file, (file) => file.read(target.subarray(from - offset, to - offset), place));
    start += piece.length;
  }
}
