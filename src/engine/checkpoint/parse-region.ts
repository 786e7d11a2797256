import { UserError } from "../../shared/errors";
import { ByteCursor, EndOfBytes } from "./byte-cursor";
import type { InputFile } from "./input-file";

/** Part of a file: from byte `start` to before byte `end`. */
export interface Region {
  readonly start: number;
  readonly end: number;
}

/** Bytes that are read at first. */
const firstRead = 2 ** 20;

/** How much more is read each time that it was not enough. */
const growth = 4;

/** Most bytes that a description may take beside its tensors: 500,000 tensors need about 100 MB. */
const longest = 2 ** 27;

/**
 * Parses what starts a region and ends where only its content tells: a little of the file is read, and more where that was not enough.
 * @param what names the content in refusals: `The pickle in PATH`.
 * @throws UserError where the region ends before the content does, or the content is longer than 128 MiB.
 */
export async function parseRegion<T>(file: InputFile, region: Region, what: string, parse: (cursor: ByteCursor) => T): Promise<T> {
  const available = Math.min(region.end - region.start, longest);
  for (let size = Math.min(firstRead, available); ; size = Math.min(growth * size, available)) {
    const bytes = new Uint8Array(size);
    await file.read(bytes, region.start);
    try {
      return parse(new ByteCursor(bytes));
    } catch (error) {
      if (!(error instanceof EndOfBytes)) throw error;
      if (size < available) continue;
      throw available < longest
        ? new UserError(`${what} ends too soon: the file is incomplete or damaged; get it again.`)
        : new UserError(`${what} is longer than the ${longest} bytes that are read; check that it is the right file.`);
    }
  }
}
