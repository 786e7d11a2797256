import { UserError } from "../../shared/errors";
import { elementCount, type Tensor } from "../tensor";
import { fileSize, readBytes } from "./files";
import { readNpyPreamble } from "./npy";

/** Largest array that is fed whole. */
const maximumBytes = 2 ** 30;

/** Readers of NumPy's kinds, each to what a graph is fed: floats as float32, integers and truth values as int64. */
const floats: Readonly<Record<string, (view: DataView, offset: number, little: boolean) => number>> = {
  f4: (view, offset, little) => view.getFloat32(offset, little),
  f8: (view, offset, little) => view.getFloat64(offset, little),
};
const integers: Readonly<Record<string, (view: DataView, offset: number, little: boolean) => bigint>> = {
  b1: (view, offset) => BigInt(view.getUint8(offset)),
  i1: (view, offset) => BigInt(view.getInt8(offset)),
  u1: (view, offset) => BigInt(view.getUint8(offset)),
  i2: (view, offset, little) => BigInt(view.getInt16(offset, little)),
  u2: (view, offset, little) => BigInt(view.getUint16(offset, little)),
  i4: (view, offset, little) => BigInt(view.getInt32(offset, little)),
  u4: (view, offset, little) => BigInt(view.getUint32(offset, little)),
  i8: (view, offset, little) => view.getBigInt64(offset, little),
  u8: (view, offset, little) => view.getBigUint64(offset, little),
};

/**
 * A whole NumPy array of any rank in C order: floats as float32, integers and truth values as int64.
 * @throws UserError where the file is not .npy, is damaged, in Fortran order, larger than 1 GiB, or holds anything else.
 */
export async function readNpyTensor(path: string): Promise<Tensor> {
  const { kind, littleEndian, fortranOrder, shape, dataOffset } = await readNpyPreamble(path);
  const readFloat = floats[kind];
  const readInteger = integers[kind];
  if (!readFloat && !readInteger) throw new UserError(`${path} holds elements of dtype ${kind}, which no input is fed: save the array as float32 or int64.`);
  if (fortranOrder && shape.length > 1) throw new UserError(`${path} is an array in Fortran order: save it again from numpy.ascontiguousarray(array).`);
  const size = Number(kind.slice(1));
  const count = elementCount(shape);
  if (!Number.isSafeInteger(count) || count * size > maximumBytes) throw new UserError(`${path} is larger than the ${maximumBytes} bytes that are fed at most: give fewer sequences.`);
  const stored = await fileSize(path);
  if (stored < dataOffset + count * size) throw new UserError(`${path} is cut short (${stored} bytes of ${dataOffset + count * size}): copy or save it again.`);
  const bytes = await readBytes(path, dataOffset, count * size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (readFloat) return { type: "float32", shape, data: Float32Array.from({ length: count }, (_, index) => readFloat(view, index * size, littleEndian)) };
  return { type: "int64", shape, data: BigInt64Array.from({ length: count }, (_, index) => readInteger!(view, index * size, littleEndian)) };
}
