import { bytesOf } from "../bytes-of";
import { computableDtypes, dtypeBits } from "../../shared/dtype";
import type { Dtype } from "../../shared/dtype";
import { UserError } from "../../shared/errors";
import { elementCount } from "../tensor";
import { blockFormats } from "./block-formats";
import type { BlockFormatName } from "./block-formats";
import type { TensorReference } from "./checkpoint";
import { decodeFloat4, float4Bytes } from "./float4";
import { floatBitsOfHalves } from "./half";
import { withInputFile } from "./input-file";
import type { InputFile } from "./input-file";
import { withPieces } from "./pieces";
import { quote } from "./quote";
import { spanOf, visitStrided } from "./strides";

/** A dtype that {@link readTensor} turns into float32. */
export type ComputableDtype = "F64" | "F32" | "F16" | "BF16";

/** Elements that are read before they are widened: large enough for a disk's full speed, small beside any model. */
const elementsAtOnce = 2 ** 22;

/** Whether a forward pass computes with tensors of this dtype. */
export function isComputable(dtype: Dtype): dtype is ComputableDtype {
  return computableDtypes.includes(dtype);
}

/**
 * The elements of a tensor as float32, row-major: F16, BF16 and quantised ones exactly, F64 rounded to nearest.
 * @throws UserError where its dtype is none of those, its file has become shorter, or memory does not suffice.
 */
export async function readTensor(reference: TensorReference): Promise<Float32Array> {
  return readElements(reference, 0, elementCount(reference.shape));
}

/**
 * As {@link readTensor}, for the `count` elements from number `first` on.
 * @throws UserError
 */
export async function readElements(reference: TensorReference, first: number, count: number): Promise<Float32Array> {
  const { name, dtype, file, shape } = reference;
  if (!isComputable(dtype)) {
    throw new UserError(`${file}: tensor ${quote(name)} is stored as ${dtype}, which NormLens can't compute with; convert it to BF16.`);
  }
  if (first < 0 || first + count > elementCount(shape)) throw new RangeError(`Elements ${first} to ${first + count} are not all in ${name}.`);
  const elements = allocate(reference, () => new Float32Array(count));
  await withBytes(reference, (input) => fill(input, { ...reference, dtype }, first, elements));
  return elements;
}

/**
 * The elements of a tensor of any dtype, row-major, in the bytes of that dtype.
 * @throws UserError where its file has become shorter, or memory does not suffice.
 */
export async function readBytes(reference: TensorReference): Promise<Uint8Array> {
  const { encoding } = reference;
  if (encoding?.kind === "blocks" || encoding?.kind === "float4") return bytesOf(await readTensor(reference));
  const bytes = allocate(reference, () => new Uint8Array(reference.length));
  await withBytes(reference, (input) => input.read(bytes, encoding?.kind === "pieces" ? 0 : reference.offset));
  return encoding?.kind === "strided" ? allocate(reference, () => gatherBytes(reference, encoding.strides, bytes)) : bytes;
}

/** The file that a tensor lies in, or its pieces as one. */
function withBytes<T>({ file, encoding }: TensorReference, use: (input: InputFile) => Promise<T>): Promise<T> {
  return encoding?.kind === "pieces" ? withPieces(encoding.pieces, use) : withInputFile(file, use);
}

interface ComputableReference extends TensorReference {
  readonly dtype: ComputableDtype;
}

async function fill(input: InputFile, reference: ComputableReference, first: number, target: Float32Array): Promise<void> {
  const { encoding, shape, offset, dtype } = reference;
  if (!encoding) return fillPlain(input, dtype, offset, first, target);
  if (encoding.kind === "pieces") return fillPlain(input, dtype, 0, first, target);
  if (encoding.kind === "blocks") return fillFromBlocks(input, encoding.format, offset, first, target);
  if (encoding.kind === "float4") return fillFromFloat4(input, encoding.exponents, offset, first, target);
  const { strides } = encoding;
  const span = allocate(reference, () => new Float32Array(spanOf(shape, strides)));
  await fillPlain(input, dtype, offset, 0, span);
  visitStrided(shape, strides, first, target.length, (position, index) => {
    target[index] = span[position]!;
  });
}

async function fillPlain(input: InputFile, dtype: ComputableDtype, offset: number, first: number, target: Float32Array): Promise<void> {
  const { bytesPerElement, widen } = storage[dtype];
  for (let done = 0; done < target.length; done += elementsAtOnce) {
    const piece = target.subarray(done, done + elementsAtOnce);
    await widen(input, offset + (first + done) * bytesPerElement, piece);
  }
}

/** Blocks that are read before they are decoded. */
const blocksAtOnce = 2 ** 14;

async function fillFromBlocks(input: InputFile, format: BlockFormatName, offset: number, first: number, target: Float32Array): Promise<void> {
  const blocks = blockFormats[format];
  const { elements, bytes } = blocks;
  const block = new Float32Array(elements);
  const [start, end] = [Math.floor(first / elements), Math.ceil((first + target.length) / elements)];
  for (let from = start; from < end; from += blocksAtOnce) {
    const stored = new Uint8Array(Math.min(blocksAtOnce, end - from) * bytes);
    await input.read(stored, offset + from * bytes);
    for (let at = 0, element = from * elements - first; at < stored.length; at += bytes, element += elements) {
      if (element >= 0 && element + elements <= target.length) blocks.decode(stored, at, target, element);
      else {
        blocks.decode(stored, at, block, 0);
        target.set(block.subarray(Math.max(0, -element), target.length - element), Math.max(0, element));
      }
    }
  }
}

async function fillFromFloat4(input: InputFile, stored: { readonly file: string; readonly offset: number }, offset: number, first: number, target: Float32Array): Promise<void> {
  for (let done = 0; done < target.length; done += elementsAtOnce) {
    const piece = target.subarray(done, done + elementsAtOnce);
    const place = float4Bytes(first + done, piece.length);
    const [codes, exponents] = [new Uint8Array(place.codes[1]), new Uint8Array(place.exponents[1])];
    await input.read(codes, offset + place.codes[0]);
    await withInputFile(stored.file, (other) => other.read(exponents, stored.offset + place.exponents[0]));
    decodeFloat4(codes, exponents, first + done, piece);
  }
}

function gatherBytes({ dtype, shape }: TensorReference, strides: readonly number[], span: Uint8Array): Uint8Array {
  const size = dtypeBits[dtype] / 8;
  const count = elementCount(shape);
  const bytes = new Uint8Array(count * size);
  visitStrided(shape, strides, 0, count, (position, index) => {
    for (let byte = 0; byte < size; byte++) bytes[index * size + byte] = span[position * size + byte]!;
  });
  return bytes;
}

function allocate<T>({ file, name, length }: TensorReference, create: () => T): T {
  try {
    return create();
  } catch (cause) {
    throw new UserError(`${file}: tensor ${quote(name)} of ${length} bytes does not fit in memory; use a machine with more.`, { cause });
  }
}

/** How one dtype lies in a file: little-endian, as the typed arrays of every platform that the runtimes support. */
interface Storage {
  readonly bytesPerElement: number;
  /** Fills `target` with the elements that start at byte `offset`. */
  readonly widen: (input: InputFile, offset: number, target: Float32Array) => Promise<void>;
}

const storage: Readonly<Record<ComputableDtype, Storage>> = {
  F32: {
    bytesPerElement: 4,
    widen: (input, offset, target) => input.read(bytesOf(target), offset),
  },
  F64: {
    bytesPerElement: 8,
    async widen(input, offset, target) {
      const doubles = new Float64Array(target.length);
      await input.read(bytesOf(doubles), offset);
      target.set(doubles);
    },
  },
  BF16: {
    bytesPerElement: 2,
    async widen(input, offset, target) {
      const halves = new Uint16Array(target.length);
      await input.read(bytesOf(halves), offset);
      const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
      for (let index = 0; index < halves.length; index++) bits[index] = halves[index]! << 16;
    },
  },
  F16: {
    bytesPerElement: 2,
    async widen(input, offset, target) {
      const halves = new Uint16Array(target.length);
      await input.read(bytesOf(halves), offset);
      const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
      const table = floatBitsOfHalves();
      for (let index = 0; index < halves.length; index++) bits[index] = table[halves[index]!]!;
    },
  },
};
