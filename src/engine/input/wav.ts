import { readFile } from "node:fs/promises";
import { messageOf, UserError } from "../../shared/errors";
import { fileSize } from "./files";

/** Largest sound file that is read: hours of speech. */
const maximumFileBytes = 2 ** 30;

/** Sound of one channel. */
export interface Sound {
  /** Samples a second. */
  readonly rate: number;
  /** From -1 to 1. */
  readonly samples: Float32Array;
}

/** How samples are stored, as the file's `fmt ` chunk says. */
interface SampleFormat {
  readonly channels: number;
  readonly rate: number;
  readonly bytes: number;
  readonly read: (view: DataView, offset: number) => number;
}

/** Readers by whether samples are floats and by their bits. */
const readers: Readonly<Record<string, SampleFormat["read"]>> = {
  "integer 8": (view, offset) => (view.getUint8(offset) - 128) / 2 ** 7,
  "integer 16": (view, offset) => view.getInt16(offset, true) / 2 ** 15,
  "integer 24": (view, offset) => (view.getUint16(offset, true) + view.getInt8(offset + 2) * 2 ** 16) / 2 ** 23,
  "integer 32": (view, offset) => view.getInt32(offset, true) / 2 ** 31,
  "float 32": (view, offset) => view.getFloat32(offset, true),
  "float 64": (view, offset) => view.getFloat64(offset, true),
};

/**
 * Reads a WAV file: PCM of 8 to 32 bits or floats; several channels become their mean.
 * @throws UserError where there is no such file, or it is none of these.
 */
export async function readWav(path: string): Promise<Sound> {
  if ((await fileSize(path)) > maximumFileBytes) throw new UserError(`${path} is larger than the 1 GiB of sound that are read: cut it into pieces.`);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new UserError(`${path} can't be read (${messageOf(error)}).`);
  });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (textAt(view, 0) !== "RIFF" || textAt(view, 8) !== "WAVE") throw new UserError(`${path} is no WAV file: convert it, with ffmpeg -i ... -ar 16000 -ac 1 out.wav.`);
  const format = formatOf(path, chunk(path, view, "fmt "));
  return { rate: format.rate, samples: mixed(chunk(path, view, "data"), format) };
}

/** The content of the first chunk of that name; one that says it is longer than the file ends with it, as in recordings that broke off. */
function chunk(path: string, view: DataView, name: string): DataView {
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const length = Math.min(view.getUint32(at + 4, true), view.byteLength - at - 8);
    if (textAt(view, at) === name) return new DataView(view.buffer, view.byteOffset + at + 8, length);
    at += 8 + length + (length % 2);
  }
  throw new UserError(`${path} has no "${name.trim()}" chunk, as every WAV file has: record or convert it again.`);
}

function formatOf(path: string, chunkOfFormat: DataView): SampleFormat {
  if (chunkOfFormat.byteLength < 16) throw new UserError(`${path} has a "fmt" chunk that is too short: record or convert it again.`);
  const tag = chunkOfFormat.getUint16(0, true);
  const extended = tag === 0xfffe && chunkOfFormat.byteLength >= 26 ? chunkOfFormat.getUint16(24, true) : tag;
  const channels = chunkOfFormat.getUint16(2, true);
  const bits = chunkOfFormat.getUint16(14, true);
  const kind = `${extended === 3 ? "float" : "integer"} ${bits}`;
  const read = (extended === 1 || extended === 3) && Object.hasOwn(readers, kind) ? readers[kind] : undefined;
  if (!read || channels === 0) throw new UserError(`${path} holds sound that is neither PCM nor floats: convert it, with ffmpeg -i ... -ar 16000 -ac 1 out.wav.`);
  return { channels, rate: chunkOfFormat.getUint32(4, true), bytes: bits / 8, read };
}

function mixed(data: DataView, { channels, bytes, read }: SampleFormat): Float32Array {
  const count = Math.floor(data.byteLength / (channels * bytes));
  return Float32Array.from({ length: count }, (_, index) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel += 1) sum += read(data, (index * channels + channel) * bytes);
    return sum / channels;
  });
}

function textAt(view: DataView, offset: number): string {
  if (offset + 4 > view.byteLength) return "";
  return String.fromCharCode(...Array.from({ length: 4 }, (_, index) => view.getUint8(offset + index)));
}
