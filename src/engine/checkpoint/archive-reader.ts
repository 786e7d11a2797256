import { RandomAccessReader } from "yauzl";
import type { InputFile } from "./input-file";

/** Bytes that are read at once: the entries of a directory are small and stand together, the headers of contents are apart. */
const windowLength = 2 ** 14;

/** Reads an archive for yauzl, which asks for a few bytes at a time, and at whatever place a damaged archive states. */
export class ArchiveReader extends RandomAccessReader {
  private window = Buffer.alloc(0);
  private windowStart = 0;

  constructor(private readonly file: InputFile) {
    super();
  }

  /** Fills `buffer` from `offset` on with `length` bytes that start at `position`, then calls back, with an error where the file has no such bytes. */
  override read(buffer: Buffer, offset: number, length: number, position: number, callback: (error: Error | null) => void): void {
    this.piece(position, length).then(
      (piece) => {
        piece.copy(buffer, offset);
        callback(null);
      },
      callback,
    );
  }

  /** Contents are read elsewhere, in place. */
  override _readStreamForRange(): never {
    throw new Error("Nothing is unpacked.");
  }

  private async piece(position: number, length: number): Promise<Buffer> {
    if (!Number.isSafeInteger(position) || position < 0 || position + length > this.file.size) throw new Error("The archive states a place outside of the file.");
    const at = position - this.windowStart;
    if (at >= 0 && at + length <= this.window.length) return this.window.subarray(at, at + length);
    this.window = Buffer.alloc(Math.min(Math.max(length, windowLength), this.file.size - position));
    this.windowStart = position;
    await this.file.read(this.window, position);
    return this.window.subarray(0, length);
  }
}
