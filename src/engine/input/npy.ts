import { UserError } from "../../shared/errors";
import { fileSize, readBytes } from "./files";

/** Longest header that is read; NumPy itself refuses more than 10 000 bytes. */
const maximumHeaderBytes = 65_536;

/** Largest column-ordered array that is read: its rows lie scattered over the whole file. */
const maximumFortranBytes = 2 ** 30;

/** Element readers by NumPy's kind and size: any integer dtype. */
const elementReaders: Readonly<Record<string, (view: DataView, offset: number, littleEndian: boolean) => number>> = {
  i1: (view, offset) => view.getInt8(offset),
  u1: (view, offset) => view.getUint8(offset),
  i2: (view, offset, little) => view.getInt16(offset, little),
  u2: (view, offset, little) => view.getUint16(offset, little),
  i4: (view, offset, little) => view.getInt32(offset, little),
  u4: (view, offset, little) => view.getUint32(offset, little),
  i8: (view, offset, little) => Number(view.getBigInt64(offset, little)),
  u8: (view, offset, little) => Number(view.getBigUint64(offset, little)),
};

interface NpyHeader {
  /** NumPy's kind and size: "i8", "u2". */
  readonly kind: string;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly rows: number;
  readonly columns: number;
  /** Byte offset of the first element. */
  readonly dataOffset: number;
}

/**
 * Rows of integers from a NumPy .npy file, format versions 1 to 3, C or Fortran order: a 1-D array is one row.
 * Only as many leading elements as reach `limit` are read, so a large file costs no more than what is used of it.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @throws UserError where the file is not .npy, is damaged, or holds anything but a 1-D or 2-D array of integers.
 */
export async function readNpyIntegers(path: string, limit: number): Promise<number[][]> {
  const header = await readHeader(path);
  await checkSize(path, header);
  return header.fortranOrder ? readColumnOrdered(path, header) : readRowOrdered(path, header, limit);
}

async function readRowOrdered(path: string, header: NpyHeader, limit: number): Promise<number[][]> {
  const columns = header.rows === 1 ? Math.min(header.columns, limit) : header.columns;
  const rows = columns === 0 ? header.rows : Math.min(header.rows, Math.ceil(limit / columns));
  const values = await readElements(path, header, rows * columns);
  return Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
}

async function readColumnOrdered(path: string, header: NpyHeader): Promise<number[][]> {
  const { rows, columns } = header;
  if (rows * columns * elementBytes(header) > maximumFortranBytes) {
    throw new UserError(`${path} is a large array in Fortran order: save it again from numpy.ascontiguousarray(array).`);
  }
  const values = await readElements(path, header, rows * columns);
  return Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_, column) => values[column * rows + row]!));
}

async function readElements(path: string, header: NpyHeader, count: number): Promise<number[]> {
  const size = elementBytes(header);
  const bytes = await readBytes(path, header.dataOffset, count * size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = elementReaders[header.kind]!;
  return Array.from({ length: count }, (_, index) => read(view, index * size, header.littleEndian));
}

async function checkSize(path: string, header: NpyHeader): Promise<void> {
  const needed = header.dataOffset + header.rows * header.columns * elementBytes(header);
  const size = await fileSize(path);
  if (size < needed) throw new UserError(`${path} is cut short (${size} bytes of ${needed}): copy or save it again.`);
}

async function readHeader(path: string): Promise<NpyHeader> {
  return asTokenIds(path, await readNpyPreamble(path));
}

/** What an .npy file says of itself before its data. */
export interface NpyPreamble extends Omit<NpyHeader, "rows" | "columns"> {
  readonly shape: readonly number[];
}

/**
 * Reads what an .npy file says of itself; the kind of its elements is not judged.
 * @throws UserError where the file is not .npy or is damaged.
 */
export async function readNpyPreamble(path: string): Promise<NpyPreamble> {
  const bytes = await readBytes(path, 0, 12 + maximumHeaderBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6] ?? 0;
  if (bytes.length < 12 || view.getUint32(0) !== 0x934e554d || view.getUint16(4) !== 0x5059 || version < 1 || version > 3) {
    throw new UserError(`${path} is not a NumPy .npy file: save it with numpy.save.`);
  }
  const [start, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (start + length > bytes.length) throw new UserError(`${path} has a damaged .npy header: save it again with numpy.save.`);
  return parseHeader(path, new TextDecoder("latin1").decode(bytes.subarray(start, start + length)), start + length);
}

function parseHeader(path: string, text: string, dataOffset: number): NpyPreamble {
  const dtype = /'descr':\s*'([<>|=])(\w+)'/.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text);
  const dimensions = /'shape':\s*\(([\d,\s]*)\)/.exec(text);
  if (!order || !dimensions) throw new UserError(`${path} has a damaged .npy header: save it again with numpy.save.`);
  const shape = dimensions[1]!.split(",").filter((part) => part.trim() !== "").map(Number);
  if (shape.some((size) => !Number.isSafeInteger(size))) throw new UserError(`${path} has a damaged .npy header: save it again with numpy.save.`);
  return { kind: dtype?.[2] ?? "structured", littleEndian: dtype?.[1] !== ">", fortranOrder: order[1] === "True", shape, dataOffset };
}

function asTokenIds(path: string, { shape, ...preamble }: NpyPreamble): NpyHeader {
  if (!Object.hasOwn(elementReaders, preamble.kind)) {
    throw new UserError(`${path} holds elements of dtype ${preamble.kind}, not integers: save token ids with array.astype("int64").`);
  }
  if (shape.length !== 1 && shape.length !== 2) {
    throw new UserError(`${path} is a ${shape.length}-D array: give token ids of shape [tokens] or [sequences, tokens].`);
  }
  if (shape.length === 2 && shape[1] === 0) throw new UserError(`${path} holds no token ids, as its shape is (${shape.join(", ")}): give at least one.`);
  const [rows, columns] = shape.length === 1 ? [1, shape[0]!] : [shape[0]!, shape[1]!];
  return { ...preamble, rows, columns };
}

function elementBytes(header: NpyHeader): number {
  return Number(header.kind.slice(1));
}
