import type { onnx } from "onnx-proto";
import { bytesOf } from "../../bytes-of";
import { dtypeBits } from "../../../shared/dtype";
import { quote } from "../../checkpoint/quote";
import { elementCount } from "../../tensor";
import { elementType, integer, typeName } from "./element-types";
import type { TensorMessage, TensorShape } from "./messages";

/** Most bytes of a constant that a few numbers stand for. */
const mostFilled = 2 ** 28;

/** The sizes of a shape; undefined for those that vary. @throws where a size is none. */
export function sizesOf(shape: TensorShape | undefined): (number | undefined)[] {
  return (shape?.dim ?? []).map(({ size }) => {
    const value = Number(size ?? 0);
    if (!Number.isSafeInteger(value) || value < -1) throw new Error(`it states a size of ${quote(size ?? "")}`);
    return value === -1 ? undefined : value;
  });
}

/** The sizes of a tensor that is there. @throws where one varies. */
export function fixedSizes(shape: TensorShape | undefined, name: string): number[] {
  return sizesOf(shape).map((size) => {
    if (size === undefined) throw new Error(`its tensor ${quote(name)} has no fixed shape`);
    return size;
  });
}

/**
 * A tensor of TensorFlow as one of ONNX: integers as int64.
 * @throws where it holds no numbers, or not as many as its shape says.
 */
export function constantTensor(message: TensorMessage, name: string): onnx.ITensorProto {
  const type = elementType(message.dtype);
  if (!type) throw new Error(`its tensor ${quote(name)} is of type ${typeName(message.dtype)}, which is no number`);
  const dims = fixedSizes(message.tensorShape, name);
  const count = elementCount(dims);
  const bytes = message.tensorContent;
  const rawData = type.computed === integer ? longs(message, type.stored, count, name) : (contentOf(bytes, count, dtypeBits[type.stored] / 8, name) ?? listed(message, count, name));
  return { dataType: type.computed, dims, rawData };
}

function contentOf(bytes: Uint8Array | undefined, count: number, size: number, name: string): Uint8Array | undefined {
  if (bytes === undefined || bytes.length === 0) return undefined;
  if (bytes.length !== count * size) throw new Error(`its tensor ${quote(name)} has ${bytes.length} bytes where ${count * size} are needed`);
  return bytes;
}

type Stored = keyof typeof integerReaders;

const integerReaders = {
  I8: (view: DataView, at: number) => BigInt(view.getInt8(at)),
  U8: (view: DataView, at: number) => BigInt(view.getUint8(at)),
  I16: (view: DataView, at: number) => BigInt(view.getInt16(at, true)),
  U16: (view: DataView, at: number) => BigInt(view.getUint16(at, true)),
  I32: (view: DataView, at: number) => BigInt(view.getInt32(at, true)),
  U32: (view: DataView, at: number) => BigInt(view.getUint32(at, true)),
  I64: (view: DataView, at: number) => view.getBigInt64(at, true),
  U64: (view: DataView, at: number) => view.getBigInt64(at, true),
} as const;

/** Elements of an integer type, little-endian, as int64. */
export function widened(bytes: Uint8Array, stored: string, count: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = integerReaders[stored as Stored];
  const size = bytes.length / Math.max(count, 1);
  return bytesOf(BigInt64Array.from({ length: count }, (_, index) => read(view, index * size)));
}

function longs(message: TensorMessage, stored: string, count: number, name: string): Uint8Array {
  const content = contentOf(message.tensorContent, count, dtypeBits[stored as Stored] / 8, name);
  if (content) return widened(content, stored, count);
  const list = [message.intVal, message.int64Val, message.uint32Val, message.uint64Val].find((one) => one.length > 0) ?? [];
  return filled(list, count, name, (length) => new BigInt64Array(length), BigInt);
}

/** How lists of each type become bytes; halves come as their bits. */
function listed(message: TensorMessage, count: number, name: string): Uint8Array {
  const { floatVal, doubleVal, boolVal, halfVal } = message;
  if (halfVal.length > 0) return filled(halfVal, count, name, (length) => new Uint16Array(length), Number);
  if (doubleVal.length > 0) return filled(doubleVal, count, name, (length) => new Float64Array(length), Number);
  if (boolVal.length > 0) return filled(boolVal, count, name, (length) => new Uint8Array(length), Number);
  const size = dtypeBits[elementType(message.dtype)!.stored] / 8;
  return floatVal.length > 0 || size === 4 ? filled(floatVal, count, name, (length) => new Float32Array(length), Number) : filled([], count * size, name, (length) => new Uint8Array(length), Number);
}

interface Elements<Element> {
  [index: number]: Element;
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
  fill(value: Element, start: number): unknown;
}

/** A list's last number stands for all that follow; no list at all is zeros. */
function filled<Item, Element>(list: readonly Item[], count: number, name: string, create: (length: number) => Elements<Element>, convert: (item: Item) => Element): Uint8Array {
  if (list.length > count || count > mostFilled / 8) throw new Error(`its tensor ${quote(name)} holds ${list.length} numbers where its shape says ${count}`);
  const elements = create(count);
  for (const [index, item] of list.entries()) elements[index] = convert(item);
  if (list.length > 0 && list.length < count) elements.fill(convert(list.at(-1)!), list.length);
  return bytesOf(elements);
}
