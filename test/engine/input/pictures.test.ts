import { crc32, deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeJpeg, isJpeg } from "../../../src/engine/input/jpeg";
import { toGrey, toRgb } from "../../../src/engine/input/picture";
import { decodePng, isPng } from "../../../src/engine/input/png";
import { bytesOf, difference, golden, pictureOf, type Pixels } from "./golden";

const { files, grey } = golden("pictures.json") as {
  files: Readonly<Record<string, { file: string; rgb: Pixels }>>;
  grey: Pixels;
};
const names = Object.keys(files);

/** Levels by which a JPEG pixel may differ from libjpeg's: rounding, and where colour is subsampled another way of interpolating it. */
const jpegTolerance = (name: string) => (name === "JPEG with subsampling" ? 6 : 3);

describe("PNG", () => {
  test.each(names.filter((name) => !name.startsWith("JPEG")))("%s is decoded as Pillow decodes it", (name) => {
    const bytes = bytesOf(files[name]!.file);
    expect(isPng(bytes)).toBe(true);
    const ours = toRgb(decodePng(bytes));
    const theirs = pictureOf(files[name]!.rgb);
    expect([ours.width, ours.height]).toEqual([theirs.width, theirs.height]);
    expect(difference(ours.data, theirs.data).largest).toBe(0);
  });

  test("16-bit grey keeps its upper 8 bits", () => {
    const rows = Uint8Array.of(0, 0x12, 0x34, 0xfe, 0xff);
    expect([...decodePng(png({ width: 2, height: 1, depth: 16, colourType: 0, data: deflateSync(rows) })).data]).toEqual([0x12, 0xfe]);
  });

  test("a file cut short at any point is refused", () => {
    const whole = bytesOf(files["RGB"]!.file);
    for (let length = 8; length < whole.length; length += 97) expect(() => decodePng(whole.subarray(0, length))).toThrow();
  });

  test("a flipped bit is refused", () => {
    const whole = bytesOf(files["RGB"]!.file);
    for (let index = 20; index < whole.length - 20; index += 41) {
      const damaged = whole.slice();
      damaged[index] = damaged[index]! ^ 4;
      expect(() => decodePng(damaged)).toThrow();
    }
  });

  test("compressed data in other chunks is left alone", () => {
    const whole = png({ width: 1, height: 1, depth: 8, colourType: 0, data: deflateSync(Uint8Array.of(0, 7)) });
    const profile = chunk("iCCP", Buffer.concat([Buffer.from("bomb\0\0", "latin1"), Uint8Array.of(1, 2, 3)]));
    expect([...decodePng(Buffer.concat([whole.subarray(0, 33), profile, whole.subarray(33)])).data]).toEqual([7]);
  });

  test("pixel data shorter or longer than the header says is refused", () => {
    const header = { width: 4, height: 4, depth: 8, colourType: 2 };
    expect(() => decodePng(png({ ...header, data: deflateSync(new Uint8Array(4 * 13)) }))).not.toThrow();
    expect(() => decodePng(png({ ...header, data: deflateSync(new Uint8Array(3 * 13)) }))).toThrow("cut short");
    expect(() => decodePng(png({ ...header, data: deflateSync(new Uint8Array(5 * 13)) }))).toThrow();
  });

  test("more pixels than the bound are refused before anything is inflated", () => {
    expect(() => decodePng(png({ width: 100_000, height: 100_000, depth: 8, colourType: 2, data: deflateSync(new Uint8Array(8)) }))).toThrow("100000 x 100000");
  });

  test("no pixels and interlaced sub-byte samples are refused", () => {
    const data = deflateSync(new Uint8Array(64));
    expect(() => decodePng(png({ width: 0, height: 4, depth: 8, colourType: 2, data }))).toThrow("no pixels");
    expect(() => decodePng(png({ width: 4, height: 4, depth: 4, colourType: 0, interlace: 1, data }))).toThrow("interlaced");
  });
});

describe("JPEG", () => {
  test.each(names.filter((name) => name.startsWith("JPEG")))("%s is decoded to within a few levels of Pillow", (name) => {
    const bytes = bytesOf(files[name]!.file);
    expect(isJpeg(bytes)).toBe(true);
    const ours = decodeJpeg(bytes);
    const theirs = pictureOf(files[name]!.rgb);
    expect([ours.width, ours.height]).toEqual([theirs.width, theirs.height]);
    expect(difference(ours.data, theirs.data).largest).toBeLessThanOrEqual(jpegTolerance(name));
  });

  test("a file cut short at any point is refused", () => {
    for (const name of names.filter((name) => name.startsWith("JPEG"))) {
      const whole = bytesOf(files[name]!.file);
      for (let length = 3; length < whole.length - 2; length += 37) expect(() => decodeJpeg(whole.subarray(0, length)), `${name} at ${length}`).toThrow();
    }
  });

  test("a header that announces more pixels than the bound is refused", () => {
    const bytes = bytesOf(files["JPEG grey"]!.file);
    const frame = bytes.findIndex((byte, index) => byte === 0xff && bytes[index + 1] === 0xc0);
    bytes.set([0xff, 0xff, 0xff, 0xff], frame + 5);
    expect(() => decodeJpeg(bytes)).toThrow("maxResolutionInMP");
  });
});

test("grey is Pillow's mode L", () => {
  const ours = toGrey(pictureOf(files["RGB"]!.rgb));
  expect(difference(ours.data, pictureOf(grey).data).largest).toBe(0);
});

/** A PNG file of these parts, right or wrong, with right checksums. */
function png(parts: { width: number; height: number; depth: number; colourType: number; interlace?: number; data: Uint8Array }): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(parts.width, 0);
  header.writeUInt32BE(parts.height, 4);
  header.set([parts.depth, parts.colourType, 0, 0, parts.interlace ?? 0], 8);
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), chunk("IHDR", header), chunk("IDAT", parts.data), chunk("IEND", new Uint8Array(0))]);
}

function chunk(type: string, content: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), content]);
  return Buffer.concat([uint32(content.length), named, uint32(crc32(named))]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
