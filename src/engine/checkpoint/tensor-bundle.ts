import { basename, dirname, join } from "node:path";
import { Reader } from "protobufjs/light";
import { UserError } from "../../shared/errors";
import { elementType } from "../graph/tensorflow/element-types";
import { fixedSizes } from "../graph/tensorflow/constant";
import { bundleEntry, bundleHeader, type BundleEntry } from "../graph/tensorflow/messages";
import { decodeUtf8 } from "./byte-cursor";
import type { TensorReference } from "./checkpoint";
import { withInputFile, type InputFile } from "./input-file";
import { quote } from "./quote";
import { byteLength } from "./safetensors-header";

/** Ending of the file that says where the tensors of a bundle lie. */
export const bundleIndexEnding = ".index";

/** Largest index in bytes: a tensor takes about 50. */
const largestIndex = 2 ** 28;

/** Length of the end of an index, its last eight bytes, and length of what follows a block. */
const footerBytes = 48;
const magic = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
const trailerBytes = 5;

/** Most shards of a bundle. */
const mostShards = 100_000;

/** Where a block lies in the index. */
interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

/**
 * The tensors of a TensorFlow checkpoint by their keys: `PREFIX.index` is a sorted table of them, whose blocks hold keys that share their beginnings, and their bytes are in `PREFIX.data-00000-of-00001` and so on.
 * Those that are no numbers (strings, the graph of objects) and those that were cut in slices are left out.
 * @throws UserError where the index is damaged or hostile, or a shard is missing or too short.
 */
export async function readTensorBundle(index: string): Promise<Map<string, TensorReference>> {
  const table = await withInputFile(index, (file) => readTable(index, file));
  const header = table.get("");
  if (!header) throw damaged(index, "has no header");
  const { numShards = 0, endianness = 0 } = decoded(index, () => bundleHeader.decode(header));
  if (endianness !== 0) throw new UserError(`${index} was written on a big-endian machine, which NormLens can't read; save it again on another.`);
  if (numShards < 1 || numShards > mostShards) throw damaged(index, `states ${numShards} shards`);
  const entries = [...table].filter(([key]) => key !== "").map(([key, value]) => [key, decoded(index, () => bundleEntry.decode(value))] as const);
  const shards = new Map<number, { file: string; size: number }>();
  const tensors = new Map<string, TensorReference>();
  for (const [key, entry] of entries) {
    if (!elementType(entry.dtype) || entry.slices.length > 0) continue;
    const shard = entry.shardId ?? 0;
    if (shard < 0 || shard >= numShards) throw damaged(index, `puts tensor ${quote(key)} into shard ${shard} of ${numShards}`);
    const place = shards.get(shard) ?? (await shardOf(index, shard, numShards));
    shards.set(shard, place);
    tensors.set(key, reference(index, key, entry, place));
  }
  return tensors;
}

async function shardOf(index: string, shard: number, count: number): Promise<{ file: string; size: number }> {
  const five = (number: number): string => String(number).padStart(5, "0");
  const prefix = basename(index).slice(0, -bundleIndexEnding.length);
  return withInputFile(join(dirname(index), `${prefix}.data-${five(shard)}-of-${five(count)}`), ({ path: file, size }) => Promise.resolve({ file, size }));
}

function reference(index: string, name: string, { dtype, shape, offset, size }: BundleEntry, place: { file: string; size: number }): TensorReference {
  const sizes = decoded(index, () => fixedSizes(shape, name));
  const stored = elementType(dtype)!.stored;
  const [start, length] = [Number(offset ?? 0), Number(size ?? 0)];
  if (byteLength(stored, sizes) !== length || start < 0) throw damaged(index, `gives tensor ${quote(name)} of ${stored} [${sizes.slice(0, 8).join(", ")}] ${length} bytes`);
  if (start + length > place.size) throw new UserError(`${index} says that tensor ${quote(name)} ends at byte ${start + length} of ${place.file}, which has ${place.size} bytes; get both files again.`);
  return { name, dtype: stored, shape: sizes, file: place.file, offset: start, length };
}

/** Keys and values of the table, in its order. */
async function readTable(path: string, file: InputFile): Promise<Map<string, Uint8Array>> {
  if (file.size > largestIndex) throw new UserError(`${path} has ${file.size} bytes, more than the ${largestIndex} that are read as an index; check that it is the right file.`);
  const bytes = new Uint8Array(file.size);
  await file.read(bytes, 0);
  const footer = bytes.subarray(-footerBytes);
  if (bytes.length < footerBytes || magic.some((byte, index) => footer[footer.length - magic.length + index] !== byte)) throw damaged(path, "does not end as a TensorFlow index does");
  return decoded(path, () => {
    const reader = Reader.create(footer);
    handle(reader);
    const table = new Map<string, Uint8Array>();
    for (const [, place] of entriesOf(block(path, bytes, handle(reader)))) {
      for (const [key, value] of entriesOf(block(path, bytes, handle(Reader.create(place))))) table.set(decodeUtf8(key), value);
    }
    return table;
  });
}

function handle(reader: Reader): BlockHandle {
  return { offset: Number(reader.uint64()), size: Number(reader.uint64()) };
}

function block(path: string, bytes: Uint8Array, { offset, size }: BlockHandle): Uint8Array {
  if (offset + size + trailerBytes > bytes.length) throw damaged(path, `has a block that ends at byte ${offset + size}`);
  if (bytes[offset + size] !== 0) throw new UserError(`${path} is compressed, which TensorFlow does not do; get the file again.`);
  return bytes.subarray(offset, offset + size);
}

/** Keys and values of a block, which ends with a list of restarts and their number; each key states how much it shares with the one before. */
function entriesOf(bytes: Uint8Array): [Uint8Array, Uint8Array][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - 4 * (view.getUint32(bytes.length - 4, true) + 1);
  const reader = Reader.create(bytes.subarray(0, Math.max(0, end)));
  const entries: [Uint8Array, Uint8Array][] = [];
  let key = new Uint8Array(0);
  while (reader.pos < reader.len) {
    const [shared, own, length] = [reader.uint32(), reader.uint32(), reader.uint32()];
    if (shared > key.length) throw new RangeError("A key shares more than there is.");
    key = Buffer.concat([key.subarray(0, shared), take(reader, own)]);
    entries.push([key, take(reader, length)]);
  }
  return entries;
}

function take(reader: Reader, length: number): Uint8Array {
  const start = reader.pos;
  reader.skip(length);
  return reader.buf.subarray(start, reader.pos);
}

function decoded<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw cause instanceof UserError ? cause : damaged(path, "is damaged or no index of TensorFlow", cause);
  }
}

function damaged(path: string, what: string, cause?: unknown): UserError {
  return new UserError(`${path} ${what}; get the file again.`, { cause });
}
