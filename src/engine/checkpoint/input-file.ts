import { open, realpath, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { UserError } from "../../shared/errors";
import { fileError } from "./file-error";

/** A file that is open for reading at any position. */
export interface InputFile {
  /** Absolute path with all symbolic links resolved. */
  readonly path: string;
  /** Length in bytes when it was opened. */
  readonly size: number;
  /**
   * Fills `target` with the bytes that start at `offset`.
   * @throws UserError where the file ends before.
   */
  read(target: Uint8Array, offset: number): Promise<void>;
}

/** The first bytes of a file, `length` or as many as there are; none of a folder. */
export async function beginningOf(path: string, length: number): Promise<Uint8Array> {
  if (!(await stat(path)).isFile()) return new Uint8Array(0);
  return withInputFile(path, async (file) => {
    const beginning = new Uint8Array(Math.min(file.size, length));
    await file.read(beginning, 0);
    return beginning;
  });
}

/** Longest single read in bytes, 1 GiB: systems refuse or cut reads of 2 GiB and more. */
const longestRead = 2 ** 30;

/**
 * Opens a file, hands it to `use` and closes it, whatever happens.
 * @throws UserError where the file is missing, no regular file, or can't be read.
 */
export async function withInputFile<T>(path: string, use: (file: InputFile) => Promise<T>): Promise<T> {
  try {
    const resolved = await realpath(path);
    // Before opening: a named pipe would wait for its writer for ever.
    const status = await stat(resolved);
    if (!status.isFile()) throw new UserError(`Can't read ${path}: it is not a regular file; name a file.`);
    const handle = await open(resolved, "r");
    try {
      return await use({
        path: resolved,
        size: status.size,
        read: (target, offset) => readFully(handle, path, target, offset),
      });
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError("read", path, error);
  }
}

async function readFully(handle: FileHandle, path: string, target: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < target.length; ) {
    const length = Math.min(target.length - done, longestRead);
    const { bytesRead } = await handle.read(target, done, length, offset + done);
    if (bytesRead === 0) {
      throw new UserError(`${path} ends at byte ${offset + done}, sooner than it should: it is incomplete or is being changed; get it again.`);
    }
    done += bytesRead;
  }
}
