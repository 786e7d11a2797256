import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSafetensorsHeader } from "../../../src/engine/checkpoint/safetensors-header";
import { writeSafetensors } from "../../../src/engine/checkpoint/safetensors-writer";
import { dtypeBits } from "../../../src/shared/dtype";
import type { Dtype } from "../../../src/shared/dtype";
import { UserError } from "../../../src/shared/errors";
import { refusal, safetensorsBytes, temporaryFile, temporaryFolder, withLength } from "./files";

const f32 = (shape: unknown, begin: unknown, end: unknown): unknown => ({ dtype: "F32", shape, data_offsets: [begin, end] });

describe("a sound header", () => {
  it("gives tensors in the order of their data, whatever their order in the JSON", async () => {
    const header = { later: f32([2], 4, 12), "7": f32([1], 0, 4), __metadata__: { format: "pt" } };
    const { tensors, metadata } = await readSafetensorsHeader(await temporaryFile("model.safetensors", safetensorsBytes(header, 12)));
    const start = 8 + JSON.stringify(header).length;
    expect(tensors.map(({ name, offset, length, shape }) => ({ name, offset, length, shape }))).toEqual([
      { name: "7", offset: start, length: 4, shape: [1] },
      { name: "later", offset: start + 4, length: 8, shape: [2] },
    ]);
    expect([...metadata]).toEqual([["format", "pt"]]);
  });

  it("may hold scalars, tensors of no elements, names like __proto__, spaces at its end, and no tensor at all", async () => {
    const header = `{"scalar":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"__proto__":{"dtype":"I8","shape":[3,0],"data_offsets":[4,4]}}   `;
    const { tensors } = await readSafetensorsHeader(await temporaryFile("model.safetensors", safetensorsBytes(header, 4)));
    expect(tensors.map(({ name, shape, length }) => [name, shape, length])).toEqual([
      ["scalar", [], 4],
      ["__proto__", [3, 0], 0],
    ]);
    const empty = await readSafetensorsHeader(await temporaryFile("empty.safetensors", safetensorsBytes("{}", 0)));
    expect(empty.tensors).toEqual([]);
  });

  it("comes back from the writer with every dtype of the format", async () => {
    const dtypes = Object.keys(dtypeBits).filter((dtype): dtype is Dtype => dtype in dtypeBits);
    const path = join(await temporaryFolder(), "all.safetensors");
    await writeSafetensors(path, dtypes.map((dtype) => ({ name: dtype, dtype, shape: [2, 4], data: new Uint8Array(dtypeBits[dtype]) })));
    const { tensors } = await readSafetensorsHeader(path);
    expect(new Set(tensors.map(({ name }) => name))).toEqual(new Set(dtypes));
    for (const { name, dtype, length } of tensors) expect([dtype, length]).toEqual([name, dtypeBits[dtype]]);
  });

  it("comes back from the writer with any names, shapes and metadata", async () => {
    const folder = await temporaryFolder();
    const tensor = fc.record({
      name: fc.string({ unit: "binary" }).filter((name) => name !== "__metadata__"),
      dtype: fc.constantFrom<Dtype>("F64", "F32", "BF16", "I8"),
      shape: fc.array(fc.nat(4), { maxLength: 4 }),
    });
    const tensorList = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(tensorList, fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }), async (layouts, metadata) => {
        const path = join(folder, "model.safetensors");
        const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
        await writeSafetensors(path, layouts.map((layout) => ({ ...layout, data: new Uint8Array((elements(layout.shape) * dtypeBits[layout.dtype]) / 8) })), metadata);
        const header = await readSafetensorsHeader(path);
        const sorted = <T extends { name: string }>(list: readonly T[]): T[] => list.toSorted((a, b) => (a.name < b.name ? -1 : 1));
        expect(sorted(header.tensors).map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual(sorted(layouts));
        expect(new Map(header.metadata)).toEqual(new Map(Object.entries(metadata)));
        for (const { offset, dtype } of header.tensors) expect(offset % (dtypeBits[dtype] / 8)).toBe(0);
        expect(await readdir(folder)).toEqual(["model.safetensors"]);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a file that is refused", () => {
  const cases: readonly [what: string, content: Uint8Array | string, sentence: RegExp][] = [
    ["nothing", "", /is empty/],
    ["a few bytes", Buffer.from([1, 2, 3]), /has 3 bytes, too few/],
    ["a header longer than the file", withLength(1000, Buffer.from("{}")), /claims a header of 1000 bytes but has 10 bytes in all/],
    ["a header longer than the format allows", withLength(100_000_001, Buffer.from("{}")), /claims a header of 100000001 bytes, more than the 100000000/],
    ["a header of 2^63 bytes", withLength(2n ** 63n, Buffer.from("{}")), /claims a header of 9223372036854776000 bytes/],
    ["a header of no bytes", withLength(0, Buffer.from("{}")), /has no safetensors header/],
    ["a header that does not begin with a brace", safetensorsBytes("[{}]", 0), /has no safetensors header/],
    ["invalid UTF-8", withLength(9, Buffer.from([0x7b, 0x22, 0xff, 0xff, 0x22, 0x3a, 0x7b, 0x7d, 0x7d])), /is not valid UTF-8/],
    ["invalid JSON", safetensorsBytes('{"a":}', 0), /header of .* is not valid JSON/],
    ["JSON nested too deeply", safetensorsBytes(`{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}`, 0), /nested more than 16 levels/],
    ["a tensor listed twice", safetensorsBytes('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4), /lists the same name twice/],
    ["a tensor listed twice, once escaped", safetensorsBytes('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4), /lists the same name twice/],
    ["a field given twice", safetensorsBytes('{"a":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}}', 4), /lists the same name twice/],
    ["a tensor that is no object", safetensorsBytes({ a: 1 }, 0), /tensor "a" has no description/],
    ["no dtype", safetensorsBytes({ a: { shape: [1], data_offsets: [0, 4] } }, 4), /tensor "a" has no dtype/],
    ["an unknown dtype", safetensorsBytes({ a: { dtype: "Q4_K", shape: [1], data_offsets: [0, 4] } }, 4), /tensor "a" has the dtype "Q4_K", which the safetensors format does not know/],
    ["a dtype named like a method", safetensorsBytes({ a: { dtype: "toString", shape: [1], data_offsets: [0, 4] } }, 4), /has the dtype "toString"/],
    ["a negative dimension", safetensorsBytes({ a: f32([-1], 0, 4) }, 4), /shape that is no list of whole numbers/],
    ["a broken dimension", safetensorsBytes({ a: f32([1.5], 0, 6) }, 6), /shape that is no list of whole numbers/],
    ["a huge dimension", safetensorsBytes({ a: f32([1e300], 0, 4) }, 4), /shape that is no list of whole numbers/],
    ["dimensions with a huge product", safetensorsBytes({ a: f32([2 ** 40, 2 ** 40], 0, 4) }, 4), /shape \[1099511627776, 1099511627776\], too large/],
    ["huge dimensions before a zero", safetensorsBytes({ a: f32([2 ** 40, 2 ** 40, 0], 0, 0) }, 0), /too large/],
    ["no shape", safetensorsBytes({ a: { dtype: "F32", data_offsets: [0, 4] } }, 4), /shape that is no list/],
    ["4-bit elements that leave half a byte", safetensorsBytes({ a: { dtype: "F4", shape: [3], data_offsets: [0, 2] } }, 2), /does not fill whole bytes/],
    ["one offset", safetensorsBytes({ a: { dtype: "F32", shape: [1], data_offsets: [0] } }, 4), /data_offsets that are not two whole numbers/],
    ["a negative offset", safetensorsBytes({ a: f32([1], -4, 0) }, 4), /data_offsets that are not two whole numbers/],
    ["offsets in the wrong order", safetensorsBytes({ a: f32([1], 4, 0) }, 4), /data_offsets in the wrong order, 4 before 0/],
    ["a length other than the shape's", safetensorsBytes({ a: f32([2], 0, 4) }, 4), /of F32 \[2\] takes 8 bytes, but its offsets span 4/],
    ["data cut short", safetensorsBytes({ a: f32([2], 0, 8) }, 7), /ends at byte \d+ of a file of \d+ bytes, so the file is cut short/],
    ["offsets far outside the file", safetensorsBytes({ a: f32([1], 2 ** 50, 2 ** 50 + 4) }, 4), /so the file is cut short or damaged/],
    ["overlapping tensors", safetensorsBytes({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12), /tensor "b" overlaps/],
    ["two tensors in one place", safetensorsBytes({ a: f32([1], 0, 4), b: f32([1], 0, 4) }, 4), /overlaps/],
    ["a gap between tensors", safetensorsBytes({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), /has 4 bytes before tensor "b" that belong to no tensor/],
    ["a gap before the first tensor", safetensorsBytes({ a: f32([1], 4, 8) }, 8), /has 4 bytes before tensor "a"/],
    ["bytes after the last tensor", safetensorsBytes({ a: f32([1], 0, 4) }, 9), /has 5 bytes after its last tensor/],
    ["metadata that are no object", safetensorsBytes({ __metadata__: "pt" }, 0), /__metadata__ that is no object/],
    ["metadata that are no text", safetensorsBytes({ __metadata__: { step: 3 } }, 0), /metadata "step" that is no text/],
    ["a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", /is not a safetensors file but a Git LFS pointer.*git lfs pull/],
    ["a web page", "<!DOCTYPE html>\n<html><body>Not found</body></html>", /but a web page; download the file itself/],
    ["a web page with a blank line before", "\n  <html lang=en>", /but a web page/],
    ["a zip archive", "PK\x03\x04\x00\x00\x08\x08\x00\x00archive/data.pkl", /it is damaged or not a safetensors file/],
    ["a pickle", Buffer.from("8002637468756d627265706c", "hex"), /but a Python pickle/],
    ["a GGUF file", "GGUF\x03\x00\x00\x00\x10\x00", /it is damaged or not a safetensors file/],
    ["an HDF5 file", Buffer.from("894844460d0a1a0a0000", "hex"), /but a Keras checkpoint/],
  ];

  it.each(cases)("%s", async (_, content, sentence) => {
    const path = await temporaryFile("model.safetensors", content);
    const message = await refusal(readSafetensorsHeader(path));
    expect(message).toMatch(sentence);
    expect(message).toContain(path);
  });

  it("a folder, and a path that is not there", async () => {
    const folder = await temporaryFolder();
    expect(await refusal(readSafetensorsHeader(folder))).toContain("not a regular file");
    expect(await refusal(readSafetensorsHeader(join(folder, "none.safetensors")))).toContain("no such file");
  });

  it("names a tensor on one line, clipped and without control characters", async () => {
    const name = `red \u001b[31m\u009b${"x".repeat(10_000)}\n`;
    const message = await refusal(readSafetensorsHeader(await temporaryFile("model.safetensors", safetensorsBytes({ [name]: 1 }, 0))));
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message.length).toBeLessThan(500);
  });
});

describe("random damage", () => {
  const sound = safetensorsBytes(
    { "h.0.ln_1.weight": f32([3], 0, 12), "h.0.ln_1.bias": f32([3], 12, 24), step: { dtype: "I64", shape: [], data_offsets: [24, 32] }, __metadata__: { format: "pt" } },
    32,
  );

  /** Opens the damaged file: either it is still sound, or it is refused by a UserError; anything else fails the test. */
  async function opensOrRefuses(path: string): Promise<void> {
    const { size } = await stat(path);
    const header = await readSafetensorsHeader(path).catch((error: unknown) => {
      expect(error).toBeInstanceOf(UserError);
    });
    for (const { offset, length } of header?.tensors ?? []) expect(offset + length).toBeLessThanOrEqual(size);
  }

  it("of single bytes and length", async () => {
    const flips = fc.array(fc.record({ at: fc.nat(sound.length - 1), to: fc.nat(255) }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(flips, fc.integer({ min: 0, max: sound.length }), async (changes, kept) => {
        const bytes = Buffer.from(sound);
        for (const { at, to } of changes) bytes[at] = to;
        await opensOrRefuses(await temporaryFile("model.safetensors", bytes.subarray(0, kept)));
        await opensOrRefuses(await temporaryFile("model.safetensors", bytes));
      }),
      { numRuns: 150 },
    );
  });

  it("of the header's values", async () => {
    const number = fc.oneof(fc.nat(32), fc.double(), fc.maxSafeInteger());
    const entry = fc.record({ dtype: fc.oneof(fc.constantFrom(...Object.keys(dtypeBits)), fc.string()), shape: fc.oneof(fc.array(number, { maxLength: 3 }), fc.jsonValue()), data_offsets: fc.oneof(fc.tuple(number, number), fc.jsonValue()) });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.oneof(entry, fc.jsonValue()), { maxKeys: 3 }), async (header) => {
        await opensOrRefuses(await temporaryFile("model.safetensors", safetensorsBytes(header, 32)));
      }),
      { numRuns: 200 },
    );
  });
});
