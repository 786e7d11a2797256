import { inflateSync } from "node:zlib";
import { convertIndexedToRgb, decode, type DecodedPng } from "fast-png";
import { maximumPixels, type Picture } from "./picture";

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Chunks that make the picture. All others are left aside: some hold compressed data of unbounded size, none changes a pixel's colour. */
const pictureChunks: ReadonlySet<string> = new Set(["IHDR", "PLTE", "IDAT", "IEND"]);

/** Samples of a pixel by PNG's colour type: grey, RGB, palette, grey and alpha, RGBA. */
const samplesByColourType: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

interface Chunk {
  readonly type: string;
  /** With its length, type and checksum. */
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
}

/** Whether the bytes are those of a PNG file. */
export function isPng(bytes: Uint8Array): boolean {
  return signature.every((value, index) => bytes[index] === value);
}

/**
 * The picture of a PNG file, as Pillow's convert("RGB") or convert("L") sees it: alpha dropped, palettes resolved, 1, 2 and 4 bits
 * spread over 0 to 255, of 16 bits the upper 8 (Pillow does so for 16-bit colour; 16-bit grey it clips, which we do not follow).
 * @throws Error where the file is damaged, of more than `maximumPixels` pixels, or inflates to more than its pixels take.
 */
export function decodePng(bytes: Uint8Array): Picture {
  const chunks = [...pictureChunksOf(bytes)];
  checkInflatedSize(chunks);
  const png = decode(Buffer.concat([signature, ...chunks.map((chunk) => chunk.bytes)]), { checkCrc: true });
  if (png.palette) return { width: png.width, height: png.height, channels: 3, data: convertIndexedToRgb(png) };
  return colourOf(png);
}

function* pictureChunksOf(file: Uint8Array): Generator<Chunk> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let offset = signature.length; ; ) {
    if (offset + 12 > file.length) throw new Error("it is cut short");
    const length = view.getUint32(offset);
    const end = offset + 12 + length;
    if (end > file.length) throw new Error("it is cut short");
    const type = String.fromCharCode(...file.subarray(offset + 4, offset + 8));
    if (pictureChunks.has(type)) yield { type, bytes: file.subarray(offset, end), content: file.subarray(offset + 8, end - 4) };
    if (type === "IEND") return;
    offset = end;
  }
}

/** The decoder inflates without a bound of its own, so the size is tried out against what the header announces. */
function checkInflatedSize(chunks: readonly Chunk[]): void {
  const header = chunks[0];
  if (header?.type !== "IHDR" || header.content.length !== 13) throw new Error("its header is damaged");
  const view = new DataView(header.content.buffer, header.content.byteOffset, header.content.length);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  if (width === 0 || height === 0) throw new Error("it has no pixels");
  if (width * height > maximumPixels) throw new Error(`its ${width} x ${height} pixels are more than ${maximumPixels}`);
  const [depth, colourType, interlaced] = [view.getUint8(8), view.getUint8(9), view.getUint8(12) === 1];
  if (interlaced && depth < 8) throw new Error(`interlaced PNG of ${depth} bits is not supported`);
  const rowBytes = 1 + Math.ceil((width * depth * (samplesByColourType[colourType] ?? 0)) / 8);
  // Interlacing splits each row over up to 7 passes with their own filter bytes, two more rows in all for each pass.
  const inflatedBytes = rowBytes * height + (interlaced ? 7 * (width + height) : 0);
  const data = Buffer.concat(chunks.filter((chunk) => chunk.type === "IDAT").map((chunk) => chunk.content));
  const inflated = inflateSync(data, { maxOutputLength: inflatedBytes });
  if (!interlaced && inflated.length < inflatedBytes) throw new Error("it is cut short");
}

/** Grey or RGB without alpha, 8 bits. */
function colourOf(png: DecodedPng): Picture {
  const channels = png.channels < 3 ? 1 : 3;
  const samples = png.depth < 8 ? unpackBits(png) : png.data;
  const shift = png.depth === 16 ? 8 : 0;
  const data = new Uint8Array(png.width * png.height * channels);
  for (let pixel = 0; pixel < png.width * png.height; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      data[pixel * channels + channel] = samples[pixel * png.channels + channel]! >> shift;
    }
  }
  return { width: png.width, height: png.height, channels, data };
}

/** Grey samples of 1, 2 or 4 bits, packed from the left in rows of whole bytes, spread over 0 to 255. */
function unpackBits({ width, height, depth, data }: DecodedPng): Uint8Array {
  const highest = 2 ** depth - 1;
  const rowBytes = Math.ceil((width * depth) / 8);
  const samples = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const byte = data[y * rowBytes + (bit >> 3)]!;
      samples[y * width + x] = (((byte >> (8 - depth - (bit & 7))) & highest) * 255) / highest;
    }
  }
  return samples;
}
