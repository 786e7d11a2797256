import { UserError } from "../../shared/errors";
import { ByteCursor } from "./byte-cursor";
import type { InputFile } from "./input-file";
import type { Region } from "./parse-region";

/** Bytes that are read at once: descriptions of tensors are small, and stand together or far apart. */
const windowLength = 2 ** 14;

/** Most bytes of a file that may be asked for: 500,000 tensors are described in about 100 MB. */
const most = 2 ** 27;

/** Reads small pieces at any place of a part of a file, such as the descriptions between the data. Places count from the start of that part. */
export class FileWindow {
  private window = Buffer.alloc(0);
  private windowStart = 0;
  private asked = 0;

  /** @param path names the file in refusals. */
  constructor(
    private readonly file: InputFile,
    private readonly region: Region,
    readonly path: string,
  ) {}

  /** Length in bytes of the part that is read. */
  get length(): number {
    return this.region.end - this.region.start;
  }

  /**
   * The bytes from a place on.
   * @throws UserError where the part ends before, and where more than 128 MiB were asked for altogether: descriptions that go in circles.
   */
  async bytes(place: number, count: number): Promise<Buffer> {
    if (!this.holds(place, count)) throw this.damaged();
    this.asked += count;
    if (this.asked > most) throw new UserError(`${this.path} describes its tensors in more than the ${most} bytes that are read; check that it is the right file.`);
    const at = place - this.windowStart;
    if (at >= 0 && at + count <= this.window.length) return this.window.subarray(at, at + count);
    this.window = Buffer.alloc(Math.min(Math.max(count, windowLength), this.length - place));
    this.windowStart = place;
    await this.file.read(this.window, this.region.start + place);
    return this.window.subarray(0, count);
  }

  /** As {@link bytes}, to be read one after another. */
  async cursor(place: number, count: number): Promise<ByteCursor> {
    return new ByteCursor(await this.bytes(place, count));
  }

  /** Whether all these bytes lie in the part that is read. */
  holds(place: number, count: number): boolean {
    return Number.isSafeInteger(place) && Number.isSafeInteger(count) && place >= 0 && count >= 0 && place + count <= this.length;
  }

  /** Where in the file a place of this part is, with the file's resolved path. */
  locate(place: number): { file: string; offset: number } {
    return { file: this.file.path, offset: this.region.start + place };
  }

  /** The refusal of a file whose descriptions make no sense. */
  damaged(): UserError {
    return new UserError(`${this.path} is damaged, perhaps cut short; get it again or save it anew.`);
  }
}
