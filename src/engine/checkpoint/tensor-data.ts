import { computableDtypes } from "../../shared/dtype";
import type { Dtype } from "../../shared/dtype";
import { UserError } from "../../shared/errors";
import { elementCount } from "../tensor";
import type { TensorReference } from "./checkpoint";
import { withInputFile } from "./input-file";
import type { InputFile } from "./input-file";
import { quote } from "./quote";

/** A dtype that {@link readTensor} turns into float32. */
export type ComputableDtype = "F64" | "F32" | "F16" | "BF16";

/** Elements that are read before they are widened: large enough for a disk's full speed, small beside any model. */
const elementsAtOnce = 2 ** 22;

/** Whether a forward pass computes with tensors of this dtype. */
export function isComputable(dtype: Dtype): dtype is ComputableDtype {
  return computableDtypes.includes(dtype);
}

/**
 * The elements of a tensor as float32, row-major: F16 and BF16 exactly, F64 rounded to nearest.
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
  const { name, dtype, file, offset, shape } = reference;
  if (!isComputable(dtype)) {
    throw new UserError(`${file}: tensor ${quote(name)} is stored as ${dtype}, which NormLens can't compute with; convert it to BF16.`);
  }
  if (first < 0 || first + count > elementCount(shape)) throw new RangeError(`Elements ${first} to ${first + count} are not all in ${name}.`);
  const { bytesPerElement, widen } = storage[dtype];
  const elements = allocate(reference, () => new Float32Array(count));
  await withInputFile(file, async (input) => {
    for (let done = 0; done < count; done += elementsAtOnce) {
      const piece = elements.subarray(done, done + elementsAtOnce);
      await widen(input, offset + (first + done) * bytesPerElement, piece);
    }
  });
  return elements;
}

/**
 * The bytes of a tensor of any dtype, as they stand in the file.
 * @throws UserError where its file has become shorter, or memory does not suffice.
 */
export async function readBytes(reference: TensorReference): Promise<Uint8Array> {
  const bytes = allocate(reference, () => new Uint8Array(reference.length));
  await withInputFile(reference.file, (input) => input.read(bytes, reference.offset));
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
      const table = (floatBitsOfHalves ??= tabulateHalves());
      for (let index = 0; index < halves.length; index++) bits[index] = table[halves[index]!]!;
    },
  },
};

function bytesOf(array: Float32Array | Float64Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** float32 bits of every 16-bit pattern, made when first needed: looking up is twice as fast as converting. */
let floatBitsOfHalves: Uint32Array | undefined;

function tabulateHalves(): Uint32Array {
  const table = new Uint32Array(2 ** 16);
  for (let half = 0; half < table.length; half++) table[half] = halfToFloatBits(half);
  return table;
}

/** float32 bits of an IEEE 754 binary16 number given by its bits; exact, a NaN's payload included. */
function halfToFloatBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A subnormal half is a normal float: shift the leading bit out and count how far.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
