import { dtypeBits } from "../../shared/dtype";
import type { Dtype } from "../../shared/dtype";
import { UserError } from "../../shared/errors";
import type { TensorReference } from "./checkpoint";
import { foreignContent, tellingBytes } from "./foreign-formats";
import { withInputFile } from "./input-file";
import type { InputFile } from "./input-file";
import { isJsonObject, parseUntrustedJson } from "./json";
import type { JsonObject } from "./json";
import { quote } from "./quote";

/** What a safetensors file says of itself before its data. */
export interface SafetensorsHeader {
  /** In the order of their data in the file. */
  readonly tensors: readonly TensorReference[];
  /** The free text of `__metadata__`; empty where there is none. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Longest header in bytes: the cap of the format's reference implementation (safetensors/src/tensor.rs, MAX_HEADER_SIZE). */
const longestHeader = 100_000_000;

/** Bytes before the header: its length, a little-endian unsigned 64-bit integer. */
export const headerStart = 8;

const openBrace = 0x7b;

/**
 * Reads the header of a safetensors file, and nothing after it: every tensor is checked to lie inside the file,
 * to be as long as its dtype and shape say, and to follow the tensor before it without overlap or gap.
 * @throws UserError where the file is damaged, hostile, or something else.
 */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  return withInputFile(path, async (file) => {
    const length = await headerLength(file, path);
    const bytes = new Uint8Array(length);
    await file.read(bytes, headerStart);
    return checkHeader(bytes, { path, file: file.path, start: headerStart + length, end: file.size });
  });
}

/** Whether a file begins as a safetensors file does: a plausible length, then `{`. */
export function beginsLikeSafetensors(beginning: Uint8Array): boolean {
  return beginning.length > headerStart && beginning[headerStart] === openBrace && lengthField(beginning) <= longestHeader;
}

async function headerLength(file: InputFile, path: string): Promise<number> {
  if (file.size === 0) throw new UserError(`${path} is empty; get the file again.`);
  const beginning = new Uint8Array(Math.min(file.size, tellingBytes));
  await file.read(beginning, 0);
  if (!beginsLikeSafetensors(beginning)) {
    const foreign = foreignContent(beginning);
    if (foreign !== undefined) throw new UserError(`${path} is not a safetensors file but ${foreign}.`);
  }
  if (file.size < headerStart + 2) {
    throw new UserError(`${path} has ${file.size} bytes, too few for a safetensors file; get the file again.`);
  }
  const length = lengthField(beginning);
  if (length > longestHeader) {
    throw new UserError(`${path} claims a header of ${length} bytes, more than the ${longestHeader} of the safetensors format: it is damaged or not a safetensors file; get the file again.`);
  }
  if (headerStart + length > file.size) {
    throw new UserError(`${path} claims a header of ${length} bytes but has ${file.size} bytes in all: it is cut short or not a safetensors file; get the file again.`);
  }
  if (length < 2 || beginning[headerStart] !== openBrace) {
    throw new UserError(`${path} has no safetensors header; check that it is the right file or get it again.`);
  }
  return length;
}

function lengthField(beginning: Uint8Array): number {
  return Number(Buffer.from(beginning.buffer, beginning.byteOffset, headerStart).readBigUInt64LE());
}

/** Where a file's data lie, for checks and refusals. */
interface DataRegion {
  /** As the user named it. */
  readonly path: string;
  readonly file: string;
  /** First byte after the header. */
  readonly start: number;
  /** Length of the file. */
  readonly end: number;
}

function checkHeader(bytes: Uint8Array, region: DataRegion): SafetensorsHeader {
  const { __metadata__: metadata, ...entries } = parseUntrustedJson(bytes, `The header of ${region.path}`);
  const tensors = Object.entries(entries).map(([name, entry]) => checkEntry(name, entry, region));
  tensors.sort((a, b) => a.offset - b.offset || a.length - b.length);
  checkLayout(tensors, region);
  return { tensors, metadata: checkMetadata(metadata, region.path) };
}

function checkMetadata(metadata: unknown, path: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  if (metadata === undefined) return texts;
  if (!isJsonObject(metadata)) throw new UserError(`${path} has a __metadata__ that is no object; write the file anew.`);
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string") throw new UserError(`${path} has metadata ${quote(key)} that is no text; write the file anew with text.`);
    texts.set(key, value);
  }
  return texts;
}

function checkEntry(name: string, entry: unknown, region: DataRegion): TensorReference {
  const refuse = (wrong: string): never => {
    throw new UserError(`${region.path}: tensor ${quote(name)} ${wrong}; get the file again or write it anew.`);
  };
  if (!isJsonObject(entry)) return refuse("has no description");
  const dtype = checkDtype(entry, refuse);
  const shape = checkShape(entry, refuse);
  const [begin, end] = checkOffsets(entry, refuse);
  const length = byteLength(dtype, shape);
  if (length === undefined) return refuse(`has the shape [${clippedList(shape)}], too large for any file`);
  if (!Number.isInteger(length)) return refuse(`has the shape [${clippedList(shape)}] of ${dtype}, which does not fill whole bytes`);
  if (end - begin !== length) {
    return refuse(`of ${dtype} [${clippedList(shape)}] takes ${length} bytes, but its offsets span ${end - begin}`);
  }
  if (region.start + end > region.end) {
    return refuse(`ends at byte ${region.start + end} of a file of ${region.end} bytes, so the file is cut short or damaged`);
  }
  return { name, dtype, shape, file: region.file, offset: region.start + begin, length };
}

type Refuse = (wrong: string) => never;

function checkDtype(entry: JsonObject, refuse: Refuse): Dtype {
  const dtype = entry["dtype"];
  if (typeof dtype !== "string") return refuse("has no dtype");
  return isDtype(dtype) ? dtype : refuse(`has the dtype ${quote(dtype)}, which the safetensors format does not know`);
}

function isDtype(dtype: string): dtype is Dtype {
  return Object.hasOwn(dtypeBits, dtype);
}

function checkShape(entry: JsonObject, refuse: Refuse): readonly number[] {
  const shape = entry["shape"];
  return isWholeNumbers(shape) ? shape : refuse("has a shape that is no list of whole numbers from 0 up");
}

function checkOffsets(entry: JsonObject, refuse: Refuse): readonly [number, number] {
  const offsets = entry["data_offsets"];
  if (!isWholeNumbers(offsets) || offsets.length !== 2) return refuse("has data_offsets that are not two whole numbers from 0 up");
  const [begin, end] = [offsets[0]!, offsets[1]!];
  return begin <= end ? [begin, end] : refuse(`has data_offsets in the wrong order, ${begin} before ${end}`);
}

function isWholeNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** Bytes of a tensor: a fraction where 4- or 6-bit elements leave a byte unfilled, undefined beyond 2^53 bits. */
export function byteLength(dtype: Dtype, shape: readonly number[]): number | undefined {
  let bits: number = dtypeBits[dtype];
  for (const dimension of shape) {
    bits *= dimension;
    if (!Number.isSafeInteger(bits)) return undefined;
  }
  return bits / 8;
}

function checkLayout(tensors: readonly TensorReference[], region: DataRegion): void {
  let end = region.start;
  for (const { name, offset, length } of tensors) {
    if (offset < end) throw new UserError(`${region.path}: tensor ${quote(name)} overlaps the data of another tensor; get the file again or write it anew.`);
    if (offset > end) throw new UserError(`${region.path} has ${offset - end} bytes before tensor ${quote(name)} that belong to no tensor; get the file again or write it anew.`);
    end = offset + length;
  }
  if (end !== region.end) {
    throw new UserError(`${region.path} has ${region.end - end} bytes after its last tensor that belong to no tensor; get the file again or write it anew.`);
  }
}

function clippedList(shape: readonly number[]): string {
  return shape.length > 8 ? `${shape.slice(0, 8).join(", ")}, …` : shape.join(", ");
}
