import { open, readdir, readFile, stat } from "node:fs/promises";
import { messageOf, UserError } from "../../shared/errors";

/** Largest JSON file that is read: far above every tokenizer in use (about 40 MB), well below the longest string of the engine. */
const maximumJsonBytes = 256 * 2 ** 20;

/** Whether anything stands at `path`. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Size of a file in bytes.
 * @throws UserError where there is no file, or where it is a folder.
 */
export async function fileSize(path: string): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (found.isDirectory()) throw new UserError(`${path} is a folder: name a file in it.`);
  return found.size;
}

/**
 * Names of what stands in a folder, in the order of their code units, the same on every machine.
 * @throws UserError where the folder cannot be read.
 */
export async function listFolder(path: string): Promise<string[]> {
  const names = await readdir(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  return names.sort();
}

/**
 * The bytes of a file from `start` on, at most `length` of them; fewer at its end.
 * @throws UserError where the file cannot be read.
 */
export async function readBytes(path: string, start: number, length: number): Promise<Uint8Array> {
  const size = await fileSize(path);
  try {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size - start)));
    const file = await open(path);
    try {
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * The content of a JSON file, not yet checked.
 * @throws UserError where the file cannot be read, is larger than 256 MiB or is not JSON.
 */
export async function readJson(path: string): Promise<unknown> {
  const size = await fileSize(path);
  if (size > maximumJsonBytes) {
    throw new UserError(`${path} has ${size} bytes, and JSON is read up to ${maximumJsonBytes}: give a smaller file, or an .npy file.`);
  }
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${path} is not valid JSON (${messageOf(error)}): write the file again.`);
  }
}

function unreadable(path: string, error: unknown): UserError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return new UserError(`${path} does not exist: check the path.`);
  return new UserError(`${path} cannot be read (${messageOf(error)}): check the file and its permissions.`);
}
