import { bytesOf } from "../bytes-of";
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
 * Writes a safetensors file whose data arrive in pieces, in any order. The header is written last, into room that was kept
 * for it, so that sizes may become known on the way. The file appears when it is finished; until then, and after a failure,
 * there is none.
 */
export class SafetensorsWriter {
  private readonly places = new Map<string, Place>();
  private readonly layouts: TensorLayout[] = [];
  private end: number;

  private constructor(
    private readonly file: OutputFile,
    /** Bytes before the first tensor. */
    private readonly headerLength: number,
    private readonly metadata: SafetensorsMetadata,
  ) {
    this.end = headerLength;
  }

  /**
   * Starts a file at `path` with these tensors and no others.
   * @throws UserError where the file can't be written.
   */
  static async create(path: string, tensors: readonly TensorLayout[], metadata: SafetensorsMetadata = {}): Promise<SafetensorsWriter> {
    const ordered = wideFirst(tensors);
    const writer = new SafetensorsWriter(await OutputFile.create(path), headerOf(ordered, metadata).length, metadata);
    for (const tensor of ordered) writer.declare(tensor);
    return writer;
  }

  /**
   * Starts a file whose tensors are declared on the way.
   * @param largest every tensor that may be declared, in a shape whose numbers have at least as many digits.
   * @param metadata what is to be written at most, entry by entry.
   * @throws UserError where the file can't be written.
   */
  static async reserve(path: string, largest: readonly TensorLayout[], metadata: SafetensorsMetadata): Promise<SafetensorsWriter> {
    const room = headerOf(largest, metadata, Number.MAX_SAFE_INTEGER).length;
    return new SafetensorsWriter(await OutputFile.create(path), room, metadata);
  }

  /** Adds a tensor; its bytes are to be written before the file is finished. */
  declare(tensor: TensorLayout): void {
    if (this.places.has(tensor.name) || tensor.name === "__metadata__") throw new Error("Tensor names are to be different, and none __metadata__.");
    const length = wholeLength(tensor);
    this.places.set(tensor.name, { offset: this.end, length, written: 0 });
    this.layouts.push(tensor);
    this.end += length;
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
    await this.file.write(bytesOf(data), place.offset + offset);
  }

  /**
   * Puts the file in its place. A tensor with bytes still missing is a defect of the caller: then nothing is left behind.
   * @param metadata in the place of what was given at the start, and not longer.
   * @throws UserError where the disk fails.
   */
  async finish(metadata = this.metadata): Promise<void> {
    const incomplete = [...this.places].find(([, place]) => place.written !== place.length);
    if (incomplete) {
      await this.abort();
      const [name, { written, length }] = incomplete;
      throw new Error(`${written} bytes of ${name} were written, not its ${length}.`);
    }
    await this.file.write(padded(headerOf(this.layouts, metadata), this.headerLength), 0);
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

/** Then every tensor starts at a multiple of its element's size. */
function wideFirst(tensors: readonly TensorLayout[]): TensorLayout[] {
  return tensors.toSorted((a, b) => dtypeBits[b.dtype] - dtypeBits[a.dtype]);
}

/** Length field and JSON of tensors that stand one after another. */
function headerOf(tensors: readonly TensorLayout[], metadata: SafetensorsMetadata, firstOffset = 0): Uint8Array {
  const entries: [string, unknown][] = Object.keys(metadata).length > 0 ? [["__metadata__", metadata]] : [];
  let end = firstOffset;
  for (const tensor of tensors) {
    const begin = end;
    end += firstOffset === 0 ? wholeLength(tensor) : 0;
    entries.push([tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, end] }]);
  }
  return encodeHeader(Object.fromEntries(entries));
}

function wholeLength({ name, dtype, shape }: TensorLayout): number {
  const length = byteLength(dtype, shape);
  if (length === undefined || !Number.isInteger(length)) throw new RangeError(`${name} of ${dtype} [${shape.join(", ")}] has no length in bytes.`);
  return length;
}

/** Length field and JSON, padded with spaces to a multiple of 8 bytes as the reference implementation does. */
function encodeHeader(entries: Readonly<Record<string, unknown>>): Uint8Array {
  const json = Buffer.from(JSON.stringify(entries));
  const header = Buffer.alloc(headerStart + json.length);
  json.copy(header, headerStart);
  return padded(header, headerStart + Math.ceil(json.length / 8) * 8);
}

/** The same header with more spaces behind it, `length` bytes in all. */
function padded(header: Uint8Array, length: number): Uint8Array {
  if (header.length > length) throw new RangeError(`A header of ${header.length} bytes does not fit into the ${length} that were kept for it.`);
  const result = Buffer.alloc(length, " ");
  result.set(header);
  result.writeBigUInt64LE(BigInt(length - headerStart));
  return result;
}
