import { dtypeBits } from "../../shared/dtype";
import type { Dtype } from "../../shared/dtype";
import { UserError } from "../../shared/errors";
import { blocksLength } from "./block-formats";
import type { BlockFormatName } from "./block-formats";
import type { ByteCursor } from "./byte-cursor";
import type { TensorReference } from "./checkpoint";
import type { InputFile } from "./input-file";
import { parseRegion } from "./parse-region";
import { quote } from "./quote";

/** A value of a GGUF file's metadata. */
export type GgufValue = boolean | number | string | readonly GgufValue[];

/** What a GGUF file says of itself before its data. */
export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly TensorReference[];
}

/** First bytes of the file. */
export const ggufMagic = Buffer.from("GGUF");

/** Most tensors, metadata entries and values in one of these that are read: above any model's, whose longest lists are its tokens. */
const most = 500_000;

/** Arrays inside arrays. */
const deepestArray = 4;

const defaultAlignment = 32;

/** Types of tensors by their number in ggml/include/ggml.h: plain ones, then quantised ones. */
const plainTypes: Readonly<Record<number, Dtype>> = { 0: "F32", 1: "F16", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 30: "BF16" };
const blockTypes: Readonly<Record<number, BlockFormatName>> = {
  2: "Q4_0",
  3: "Q4_1",
  6: "Q5_0",
  7: "Q5_1",
  8: "Q8_0",
  10: "Q2_K",
  11: "Q3_K",
  12: "Q4_K",
  13: "Q5_K",
  14: "Q6_K",
  20: "IQ4_NL",
  23: "IQ4_XS",
  39: "MXFP4",
};
const unreadTypes: Readonly<Record<number, string>> = { 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 21: "IQ3_S", 22: "IQ2_S", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0" };

/**
 * Reads the header of a GGUF file of version 2 or 3 (docs/gguf.md of ggml), and nothing after it: every tensor is checked to lie inside the file.
 * @param path names the file in refusals.
 * @throws UserError where the file is damaged or hostile, or of a version or quantisation that is not read.
 */
export async function readGgufHeader(file: InputFile, path: string): Promise<GgufHeader> {
  return parseRegion(file, { start: 0, end: file.size }, `The header of ${path}`, (cursor) => parseHeader(cursor, file, path));
}

function parseHeader(cursor: ByteCursor, file: InputFile, path: string): GgufHeader {
  cursor.take(ggufMagic.length);
  checkVersion(cursor.u32(), path);
  const tensorCount = checkCount(cursor.u64(), "tensors", path);
  const entryCount = checkCount(cursor.u64(), "metadata entries", path);
  const metadata = new Map<string, GgufValue>();
  for (let entry = 0; entry < entryCount; entry++) metadata.set(readText(cursor), readValue(cursor, cursor.u32(), path));
  if (metadata.size !== entryCount) throw new UserError(`${path} states the same metadata twice; get the file again.`);
  const descriptions = Array.from({ length: tensorCount }, () => readDescription(cursor, path));
  const start = aligned(cursor.position, alignmentOf(metadata, path));
  const tensors = descriptions.map((description) => locate(description, start, file, path));
  if (new Set(tensors.map(({ name }) => name)).size !== tensors.length) throw new UserError(`${path} lists the same tensor twice; get the file again.`);
  checkOverlaps(tensors, path);
  return { metadata, tensors };
}

function checkVersion(version: number, path: string): void {
  if (version === 2 || version === 3) return;
  const swapped = version >>> 24;
  if (swapped === 2 || swapped === 3) throw new UserError(`${path} is a GGUF file for big-endian machines; get the one for little-endian machines.`);
  throw new UserError(`${path} is a GGUF file of version ${version}, and NormLens reads 2 and 3; convert the model anew with llama.cpp.`);
}

function checkCount(count: number, what: string, path: string): number {
  if (count <= most) return count;
  throw new UserError(`${path} claims ${count} ${what}, more than the ${most} that are read; check that it is the right file or get it again.`);
}

function readText(cursor: ByteCursor): string {
  return cursor.text(cursor.u64());
}

/** Readers of metadata values by the number of their type; 9 is an array. */
const readers: readonly (((cursor: ByteCursor) => GgufValue) | undefined)[] = [
  (c) => c.u8(),
  (c) => c.i8(),
  (c) => c.u16(),
  (c) => c.i16(),
  (c) => c.u32(),
  (c) => c.i32(),
  (c) => shortest(c.f32()),
  (c) => c.u8() !== 0,
  readText,
  undefined,
  (c) => c.u64(),
  (c) => c.i64(),
  (c) => c.f64(),
];

/** The number of fewest digits that is stored as this float32: 1e-5 is meant, not 9.999999747378752e-6. */
function shortest(value: number): number {
  const short = Number(value.toPrecision(7));
  return Math.fround(short) === value ? short : value;
}

const arrayType = 9;

function readValue(cursor: ByteCursor, type: number, path: string, depth = 0): GgufValue {
  const read = readers[type];
  if (read) return read(cursor);
  if (type !== arrayType || depth === deepestArray) throw new UserError(`${path} has metadata of an unknown type ${type}; get the file again.`);
  const itemType = cursor.u32();
  const count = checkCount(cursor.u64(), "values in one list", path);
  const values: GgufValue[] = [];
  for (let index = 0; index < count; index++) values.push(readValue(cursor, itemType, path, depth + 1));
  return values;
}

interface Description {
  readonly name: string;
  /** Row-major: the file lists axes from the fastest on. */
  readonly shape: readonly number[];
  readonly type: number;
  /** Bytes after the start of the data. */
  readonly offset: number;
}

/** Axes of a tensor at most: GGML_MAX_DIMS. */
const mostAxes = 4;

function readDescription(cursor: ByteCursor, path: string): Description {
  const name = readText(cursor);
  const axes = cursor.u32();
  if (axes > mostAxes) throw new UserError(`${path}: tensor ${quote(name)} has ${axes} axes, more than the ${mostAxes} of the GGUF format; get the file again.`);
  const shape = Array.from({ length: axes }, () => cursor.u64()).reverse();
  return { name, shape, type: cursor.u32(), offset: cursor.u64() };
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>, path: string): number {
  const alignment = metadata.get("general.alignment") ?? defaultAlignment;
  if (typeof alignment === "number" && Number.isInteger(alignment) && alignment > 0) return alignment;
  throw new UserError(`${path} has a general.alignment that is no whole number above zero; get the file again.`);
}

function aligned(position: number, alignment: number): number {
  return Math.ceil(position / alignment) * alignment;
}

function locate({ name, shape, type, offset }: Description, start: number, file: InputFile, path: string): TensorReference {
  const count = shape.reduce((product, size) => product * size, 1);
  const { dtype, format } = typeOf(type, name, path);
  const length = format ? blocksLength(format, count) : (count * dtypeBits[dtype]) / 8;
  if (length === undefined || !Number.isSafeInteger(count) || (format && blocksLength(format, shape.at(-1) ?? 1) === undefined)) {
    throw new UserError(`${path}: tensor ${quote(name)} has the shape [${shape.join(", ")}], which does not fill whole blocks; get the file again.`);
  }
  if (!Number.isSafeInteger(start + offset + length) || start + offset + length > file.size) {
    throw new UserError(`${path}: tensor ${quote(name)} ends at byte ${start + offset + length} of a file of ${file.size} bytes: the file is cut short or damaged; get it again.`);
  }
  return { name, dtype, shape, file: file.path, offset: start + offset, length, ...(format && { encoding: { kind: "blocks", format } }) };
}

/** A type of tensor: plain, or elements that become F32 as blocks of a format are read. */
function typeOf(type: number, name: string, path: string): { dtype: Dtype; format?: BlockFormatName } {
  const plain = plainTypes[type];
  if (plain) return { dtype: plain };
  const format = blockTypes[type];
  if (format) return { dtype: "F32", format };
  throw new UserError(`${path}: tensor ${quote(name)} is quantised as ${unreadTypes[type] ?? `type ${type}`}, which NormLens does not read; get the model as Q4_K_M, Q8_0 or F16.`);
}

function checkOverlaps(tensors: readonly TensorReference[], path: string): void {
  let end = 0;
  for (const { name, offset, length } of tensors.toSorted((a, b) => a.offset - b.offset || a.length - b.length)) {
    if (offset < end) throw new UserError(`${path}: tensor ${quote(name)} overlaps the data of another tensor; get the file again.`);
    end = offset + length;
  }
}
