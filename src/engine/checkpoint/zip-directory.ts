import yauzl from "yauzl";
import type { Entry, ZipFile } from "yauzl";
import { UserError } from "../../shared/errors";
import { ArchiveReader } from "./archive-reader";
import type { InputFile } from "./input-file";
import { quote } from "./quote";

/** What a zip archive begins with. */
export const zipMagic = Buffer.from("PK\x03\x04");

/** A file inside a zip archive. */
export interface ZipEntry {
  readonly name: string;
  /** Length in bytes, unpacked. */
  readonly size: number;
}

/** The files of an archive, and where in it their bytes stand. */
export interface ZipDirectory {
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /**
   * Byte in the archive where the content of an entry starts.
   * @throws UserError where it is packed, so that its bytes don't stand in the archive, or the archive is damaged.
   */
  locate(entry: ZipEntry): Promise<number>;
}

/** Most entries of an archive: more than the tensors of any model, few enough to be read in seconds. */
const mostEntries = 100_000;

/**
 * Reads the directory of a zip archive and hands it to `use`. Nothing is unpacked.
 * @param path as the user named it.
 * @throws UserError where the archive is damaged or hostile: its entries may not overlap, nor have the same name.
 */
export async function withZipDirectory<T>(file: InputFile, path: string, use: (directory: ZipDirectory) => Promise<T>): Promise<T> {
  const zip = await sound(path, yauzl.fromRandomAccessReaderPromise(new ArchiveReader(file), file.size, { autoClose: false }));
  try {
    const entries = await sound(path, readEntries(zip, path));
    return await use({ entries, locate: (entry) => sound(path, locate(zip, entries.get(entry.name)!.entry, path)) });
  } finally {
    zip.close();
  }
}

interface OpenedEntry extends ZipEntry {
  readonly entry: Entry;
}

async function readEntries(zip: ZipFile, path: string): Promise<Map<string, OpenedEntry>> {
  if (zip.entryCount > mostEntries) throw new UserError(`${path} has ${zip.entryCount} entries, more than the ${mostEntries} that are read; check that it is a checkpoint.`);
  const entries = new Map<string, OpenedEntry>();
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName;
    if (entries.has(name)) throw new UserError(`${path} has the entry ${quote(name)} twice; get the file again or save it anew.`);
    entries.set(name, { name, size: entry.uncompressedSize, entry });
  }
  checkOverlaps([...entries.values()], path);
  return entries;
}

/** Least bytes that stand before an entry's content. */
const localHeader = 30;

function checkOverlaps(entries: readonly OpenedEntry[], path: string): void {
  let end = 0;
  for (const { name, entry } of entries.toSorted((a, b) => a.entry.relativeOffsetOfLocalHeader - b.entry.relativeOffsetOfLocalHeader)) {
    if (entry.relativeOffsetOfLocalHeader < end) throw new UserError(`${path}: the entry ${quote(name)} overlaps another one; get the file again or save it anew.`);
    end = entry.relativeOffsetOfLocalHeader + localHeader + entry.compressedSize;
  }
}

async function locate(zip: ZipFile, entry: Entry, path: string): Promise<number> {
  if (entry.compressionMethod !== 0 || entry.isEncrypted()) {
    throw new UserError(`${path}: the entry ${quote(entry.fileName)} is compressed, which neither torch.save nor Keras does; load the checkpoint where it comes from and save it anew.`);
  }
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  return fileDataStart;
}

/** Turns what yauzl says of a damaged archive into a refusal. */
async function sound<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    if (cause instanceof UserError || (cause instanceof Error && "syscall" in cause)) throw cause;
    throw new UserError(`${path} is a damaged zip archive, perhaps cut short; get it again.`, { cause });
  }
}
