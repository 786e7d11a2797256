import { onnx } from "onnx-proto";
import { UserError } from "../../../shared/errors";
import { elementCount } from "../../tensor";
import type { ElementType, HostArray } from "./host/array";
import { zeros } from "./host/array";

const { DataType } = onnx.TensorProto;

/** How one ONNX element type is read: the type that stands for it, and its elements from little-endian bytes. */
interface Reader {
  readonly type: ElementType;
  readonly bytes: number;
  readonly read: (view: DataView, offset: number) => number;
  /** What an element of a list stands for, where lists hold bits. */
  readonly valueOfBits?: (bits: number) => number;
}

const readers: Readonly<Record<number, Reader>> = {
  [DataType.FLOAT]: { type: "float32", bytes: 4, read: (view, offset) => view.getFloat32(offset, true) },
  [DataType.DOUBLE]: { type: "float64", bytes: 8, read: (view, offset) => view.getFloat64(offset, true) },
  [DataType.FLOAT16]: { type: "float32", bytes: 2, read: (view, offset) => halfValue(view.getUint16(offset, true)), valueOfBits: halfValue },
  [DataType.BFLOAT16]: { type: "float32", bytes: 2, read: (view, offset) => bfloatValue(view.getUint16(offset, true)), valueOfBits: bfloatValue },
  [DataType.INT64]: { type: "int64", bytes: 8, read: (view, offset) => Number(view.getBigInt64(offset, true)) },
  [DataType.UINT64]: { type: "int64", bytes: 8, read: (view, offset) => Number(view.getBigUint64(offset, true)) },
  [DataType.UINT32]: { type: "int64", bytes: 4, read: (view, offset) => view.getUint32(offset, true) },
  [DataType.INT32]: { type: "int32", bytes: 4, read: (view, offset) => view.getInt32(offset, true) },
  [DataType.INT16]: { type: "int32", bytes: 2, read: (view, offset) => view.getInt16(offset, true) },
  [DataType.UINT16]: { type: "int32", bytes: 2, read: (view, offset) => view.getUint16(offset, true) },
  [DataType.INT8]: { type: "int32", bytes: 1, read: (view, offset) => view.getInt8(offset) },
  [DataType.UINT8]: { type: "int32", bytes: 1, read: (view, offset) => view.getUint8(offset) },
  [DataType.BOOL]: { type: "bool", bytes: 1, read: (view, offset) => view.getUint8(offset) },
};

/**
 * The type that stands for an ONNX element type.
 * @throws UserError where there is none, as for strings and complex numbers.
 */
export function elementType(dataType: number): ElementType {
  return readerOf(dataType).type;
}

/**
 * Reads a tensor that stands in a model, in any of ONNX's spellings.
 * @throws UserError where its element type can't be computed with, or it has more or fewer elements than its shape says.
 */
export function readInitializer(tensor: onnx.ITensorProto): HostArray {
  const reader = readerOf(tensor.dataType ?? 0);
  const shape = (tensor.dims ?? []).map(Number);
  const { count, at } = tensor.rawData && tensor.rawData.length > 0 ? rawElements(reader, tensor.rawData) : listedElements(reader, tensor);
  if (count !== elementCount(shape)) {
    throw new UserError(`The model's tensor "${tensor.name ?? ""}" holds ${count} elements where its shape says ${elementCount(shape)}; export the model again.`);
  }
  const result = zeros(reader.type, shape);
  for (let index = 0; index < count; index++) result.data[index] = at(index);
  return result;
}

/** The elements of a tensor, however they are spelled. */
interface Spelled {
  readonly count: number;
  readonly at: (index: number) => number;
}

function rawElements({ bytes, read }: Reader, raw: Uint8Array): Spelled {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return { count: Math.floor(raw.byteLength / bytes), at: (index) => read(view, index * bytes) };
}

function listedElements({ valueOfBits = Number }: Reader, { floatData, doubleData, int64Data, uint64Data, int32Data }: onnx.ITensorProto): Spelled {
  const list = [floatData, doubleData, int64Data, uint64Data, int32Data].find((data) => data && data.length > 0) ?? [];
  return { count: list.length, at: (index) => valueOfBits(Number(list[index])) };
}

function readerOf(dataType: number): Reader {
  const reader = readers[dataType];
  if (reader) return reader;
  const name = DataType[dataType] ?? `number ${dataType}`;
  throw new UserError(`tfjs can't compute with tensors of type ${name}; choose the runtime onnxruntime.`);
}

/** The value of IEEE 754 binary16 bits. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The value of bfloat16 bits, which are the upper half of a float32's. */
function bfloatValue(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
}
