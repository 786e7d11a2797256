import { UserError } from "../../shared/errors";
import { EndOfBytes } from "./byte-cursor";
import type { TensorReference } from "./checkpoint";
import type { FileWindow } from "./file-window";
import { messageTypes, readObjectHeader } from "./hdf5-header";
import type { Message } from "./hdf5-header";
import { linksOf } from "./hdf5-links";
import { readElementType, readLayout, readShape } from "./hdf5-messages";
import { textsOf } from "./hdf5-texts";
import { quote } from "./quote";
import { byteLength } from "./safetensors-header";

/** First bytes of a file. */
export const hdf5Signature = Buffer.from("\x89HDF\r\n\x1a\n", "latin1");

/** A numeric dataset, and the names that lead to it. */
export interface Hdf5Dataset {
  readonly path: readonly string[];
  readonly array: Omit<TensorReference, "name">;
}

/** What an HDF5 file holds: places of bytes, none of which was read. */
export interface Hdf5Content {
  readonly datasets: readonly Hdf5Dataset[];
  /** The attributes that are texts, of every group, by its path: names with "/" between them, "" for the whole file. */
  readonly texts: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Most groups and datasets that are read: above any model's. */
const most = 500_000;

/** Groups inside groups: Keras needs about 15. */
const deepest = 64;

/**
 * The numeric datasets of an HDF5 file and the texts at its groups. Reads what h5py writes, be it for old or for new readers: superblocks 0 to 3, groups of all kinds, datasets in one piece
 * (HDF5 file format specification 3.0). Whatever has several names is given under the first.
 * @throws UserError where the file is damaged or hostile, or keeps a dataset in a way that is not read: in chunks, compressed, in other files.
 */
export async function readHdf5(window: FileWindow): Promise<Hdf5Content> {
  try {
    return await new Hdf5Reader(window).read();
  } catch (error) {
    throw error instanceof EndOfBytes ? window.damaged() : error;
  }
}

class Hdf5Reader {
  private readonly seen = new Set<number>();
  private readonly datasets: Hdf5Dataset[] = [];
  private readonly texts = new Map<string, ReadonlyMap<string, string>>();

  constructor(private readonly window: FileWindow) {}

  async read(): Promise<Hdf5Content> {
    await this.object(await this.root(), []);
    return { datasets: this.datasets, texts: this.texts };
  }

  /** The address of the header of the group that holds everything. */
  private async root(): Promise<number> {
    const { path, length } = this.window;
    const cursor = await this.window.cursor(0, Math.min(96, length));
    if (!hdf5Signature.equals(cursor.take(hdf5Signature.length))) throw this.window.damaged();
    const version = cursor.u8();
    if (version > 3) throw new UserError(`${path} is HDF5 of superblock ${version}, and NormLens reads 0 to 3; save it anew with h5py.`);
    const isOld = version < 2;
    cursor.take(isOld ? 4 : 0);
    const [offsetLength, lengthLength] = [cursor.u8(), cursor.u8()];
    if (offsetLength !== 8 || lengthLength !== 8) throw new UserError(`${path} states places in ${offsetLength} bytes, and NormLens reads 8; save it anew with h5py.`);
    cursor.take(isOld ? [9, 13][version]! + 40 : 1 + 24);
    return cursor.u64();
  }

  private async object(address: number, path: readonly string[]): Promise<void> {
    if (this.seen.has(address)) return;
    this.seen.add(address);
    if (this.seen.size > most || path.length > deepest) throw new UserError(`${this.window.path} holds more groups than any model; check that it is a Keras checkpoint.`);
    const messages = await readObjectHeader(this.window, address);
    const links = await linksOf(messages, this.window);
    if (!links) return this.dataset(path, messages);
    const texts = await textsOf(messages, this.window);
    if (texts.size > 0) this.texts.set(path.join("/"), texts);
    for (const link of links) await this.object(link.address, [...path, link.name]);
  }

  private async dataset(path: readonly string[], messages: readonly Message[]): Promise<void> {
    const message = (type: number): Message | undefined => messages.find((known) => known.type === type);
    const [space, type, layout] = [message(messageTypes.dataspace), message(messageTypes.datatype), message(messageTypes.layout)];
    if (!space || !type || !layout) return;
    if (type.shared || space.shared) throw this.refused(path, "shares its type with others");
    const element = readElementType(type.content());
    if (element.kind === "big-endian") throw this.refused(path, "is stored big-endian");
    const dtype = element.kind === "number" ? element.dtype : element.kind === "two bytes" && (await textsOf(messages, this.window)).get("dtype") === "bfloat16" ? "BF16" : undefined;
    const shape = readShape(space.content());
    if (!dtype || !shape) return;
    if (message(messageTypes.externalFiles)) throw this.refused(path, "is stored in another file");
    const stored = readLayout(layout.content(), layout.place);
    if (stored.kind === "chunked") throw this.refused(path, message(messageTypes.filters) ? "is compressed" : "is stored in chunks");
    if (stored.kind === "unknown") throw this.refused(path, "is stored in a way of other versions of HDF5");
    const place = stored.kind === "empty" ? 0 : stored.place;
    const length = byteLength(dtype, shape);
    if (length === undefined || length > (stored.kind === "empty" ? 0 : stored.length) || !this.window.holds(place, length)) {
      throw new UserError(`${this.window.path}: tensor ${quote(path.join("/"))} is not all there, the file is cut short or damaged; get it again.`);
    }
    this.datasets.push({ path, array: { dtype, shape, ...this.window.locate(place), length } });
  }

  private refused(path: readonly string[], how: string): UserError {
    return new UserError(`${this.window.path}: tensor ${quote(path.join("/"))} ${how}, which NormLens does not read; load the model with Keras and save it anew.`);
  }
}
