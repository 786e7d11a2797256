import { randomBytes } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../../shared/errors";
import { temporaryPrefix } from "../../shared/leftovers";
import { fileError } from "./file-error";

/** Longest single write in bytes, 1 GiB: systems refuse or cut writes of 2 GiB and more. */
const longestWrite = 2 ** 30;

/**
 * A file that appears whole or not at all: it is written under a temporary name in the same folder, and takes its
 * own name when it is finished. Where a write fails, nothing is left behind.
 */
export class OutputFile {
  private constructor(
    /** As the user named it. */
    readonly path: string,
    private readonly target: string,
    private readonly temporary: string,
    private handle: FileHandle | undefined,
  ) {}

  /**
   * Starts a file that will replace the one at `path`, if there is one.
   * @throws UserError where it can't be written there: no such folder, no permission, a folder or a device of that name.
   */
  static async create(path: string): Promise<OutputFile> {
    try {
      const target = await replaceable(path);
      const temporary = join(dirname(target), `${temporaryPrefix()}${randomBytes(8).toString("hex")}.tmp`);
      return new OutputFile(path, target, temporary, await open(temporary, "wx"));
    } catch (error) {
      throw fileError("write", path, error);
    }
  }

  /**
   * Writes bytes at a position; several writes may be under way at once.
   * @throws UserError where the disk is full or fails: the temporary file is removed then.
   */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    await this.orAbort(async (handle) => {
      for (let done = 0; done < bytes.length; ) {
        const length = Math.min(bytes.length - done, longestWrite);
        const { bytesWritten } = await handle.write(bytes, done, length, position + done);
        done += bytesWritten;
      }
    });
  }

  /**
   * Puts the finished file in its place, once its bytes have reached the disk.
   * @throws UserError where that fails: the temporary file is removed then.
   */
  async finish(): Promise<void> {
    await this.orAbort(async (handle) => {
      await handle.sync();
      this.handle = undefined;
      await handle.close();
      await rename(this.temporary, this.target);
    });
  }

  /** Removes the temporary file; does nothing where the file is finished or removed already. */
  async abort(): Promise<void> {
    const handle = this.handle;
    this.handle = undefined;
    try {
      await handle?.close();
    } finally {
      await rm(this.temporary, { force: true });
    }
  }

  private async orAbort(action: (handle: FileHandle) => Promise<void>): Promise<void> {
    if (!this.handle) throw new Error(`${this.path} is no longer open for writing.`);
    try {
      await action(this.handle);
    } catch (error) {
      await this.abort();
      throw fileError("write", this.path, error);
    }
  }
}

/** The path that a file may take: that of an existing file behind its symbolic links, or one that is still free. */
async function replaceable(path: string): Promise<string> {
  const existing = await stat(path).catch(() => undefined);
  if (!existing) return path;
  // Renaming onto a device such as /dev/null would do away with the device.
  if (!existing.isFile()) {
    throw new UserError(`Can't write ${path}: ${existing.isDirectory() ? "it is a folder" : "it is not a regular file"}; name a file.`);
  }
  return realpath(path);
}
