import { dtypeBits } from "../../shared/dtype";
import type { Dtype } from "../../shared/dtype";
import { OutputFile } from "./output-file";
import { byteLength, headerStart } from "./safetensors-header";

/** A tensor that is going to be written. */
export interface TensorLayout {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** A tensor with its elements, row-major and little-endian. */
export interface TensorToWrite extends TensorLayout {
  readonly data: ArrayBufferView;
}

/** Free text for `__metadata__`. */
export type SafetensorsMetadata = Readonly<Record<string, string>>;

interface Place {
  /** Byte offset in the file. */
  readonly offset: number;
  readonly length: number;
  /** Bytes that have been handed over. */
  written: number;
}

/**
 * Writes a safetensors file whose data arrive in pieces, in any order. Names, dtypes and shapes are given first.
 * The file appears when it is finished; until then, and after a failure, there is none.
 */
export class SafetensorsWriter {
  private constructor(
    private readonly file: OutputFile,
    private readonly places: ReadonlyMap<string, Place>,
  ) {}

  /**
   * Starts a file at `path` and writes its header.
   * @throws UserError where the file can't be written.
   */
  static async create(path: string, tensors: readonly TensorLayout[], metadata: SafetensorsMetadata = {}): Promise<SafetensorsWriter> {
    const { header, places } = layOut(tensors, metadata);
    const file = await OutputFile.create(path);
    await file.write(header, 0);
    return new SafetensorsWriter(file, places);
  }

  /**
   * Writes a piece of a tensor, `offset` bytes after the tensor's beginning. Every byte is to be written once.
   * @throws UserError where the disk is full or fails: nothing is left behind then.
   */
  async write(name: string, offset: number, data: ArrayBufferView): Promise<void> {
    const place = this.places.get(name);
    if (!place) throw new Error(`There is no tensor ${name} in ${this.file.path}.`);
    if (offset < 0 || offset + data.byteLength > place.length) {
      throw new RangeError(`Bytes ${offset} to ${offset + data.byteLength} are not in ${name}, which has ${place.length}.`);
    }
    place.written += data.byteLength;
    await this.file.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), place.offset + offset);
  }

  /**
   * Puts the file in its place. A tensor with bytes still missing is a defect of the caller: then nothing is left behind.
   * @throws UserError where the disk fails.
   */
  async finish(): Promise<void> {
    const incomplete = [...this.places].find(([, place]) => place.written !== place.length);
    if (incomplete) {
      await this.abort();
      const [name, { written, length }] = incomplete;
      throw new Error(`${written} bytes of ${name} were written, not its ${length}.`);
    }
    await this.file.finish();
  }

  /** Gives the file up; nothing is left behind. Does nothing after `finish`. */
  async abort(): Promise<void> {
    await this.file.abort();
  }
}

/**
 * Writes a safetensors file in one go.
 * @throws UserError where the file can't be written: nothing is left behind then.
 */
export async function writeSafetensors(path: string, tensors: readonly TensorToWrite[], metadata: SafetensorsMetadata = {}): Promise<void> {
  const writer = await SafetensorsWriter.create(path, tensors, metadata);
  try {
    for (const { name, data } of tensors) await writer.write(name, 0, data);
    await writer.finish();
  } finally {
    await writer.abort();
  }
}

function layOut(tensors: readonly TensorLayout[], metadata: SafetensorsMetadata): { header: Uint8Array; places: ReadonlyMap<string, Place> } {
  const lengths = new Map(tensors.map((tensor) => [tensor.name, wholeLength(tensor)]));
  if (lengths.size !== tensors.length || lengths.has("__metadata__")) throw new Error("Tensor names are to be different, and none __metadata__.");

  // Wide elements first: then every tensor starts at a multiple of its element's size.
  const ordered = tensors.toSorted((a, b) => dtypeBits[b.dtype] - dtypeBits[a.dtype]);
  const entries: [string, unknown][] = Object.keys(metadata).length > 0 ? [["__metadata__", metadata]] : [];
  let end = 0;
  for (const { name, dtype, shape } of ordered) {
    const begin = end;
    end += lengths.get(name)!;
    entries.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }

  const header = encodeHeader(Object.fromEntries(entries));
  const places = new Map<string, Place>();
  let offset = header.length;
  for (const { name } of ordered) {
    const length = lengths.get(name)!;
    places.set(name, { offset, length, written: 0 });
    offset += length;
  }
  return { header, places };
}

function wholeLength({ name, dtype, shape }: TensorLayout): number {
  const length = byteLength(dtype, shape);
  if (length === undefined || !Number.isInteger(length)) throw new RangeError(`${name} of ${dtype} [${shape.join(", ")}] has no length in bytes.`);
  return length;
}

/** Length field and JSON, padded with spaces to a multiple of 8 bytes as the reference implementation does. */
function encodeHeader(entries: Readonly<Record<string, unknown>>): Uint8Array {
  const json = Buffer.from(JSON.stringify(entries));
  const length = Math.ceil(json.length / 8) * 8;
  const header = Buffer.alloc(headerStart + length, " ");
  header.writeBigUInt64LE(BigInt(length));
  json.copy(header, headerStart);
  return header;
}
