import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { recogniseModel } from "../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { readGgufHeader } from "../../../src/engine/checkpoint/gguf-header";
import { withInputFile } from "../../../src/engine/checkpoint/input-file";
import { readBytes, readElements, readTensor } from "../../../src/engine/checkpoint/tensor-data";
import { forward, writeStages } from "../../../src/engine/forward";
import type { NormCall } from "../../../src/engine/forward";
import { openOnnxRuntime } from "../../../src/engine/runtime/onnxruntime";
import { batchesOf, concatenate, headsFirst, openGolden, worstError } from "../golden";
import { refusal, temporaryFile, temporaryFolder } from "./files";

const golden = join(import.meta.dirname, "golden");
const cases = join(import.meta.dirname, "../architecture/golden");

const quantised = await openCheckpoint(join(golden, "quantised.gguf"));
const dequantised = await openCheckpoint(join(golden, "quantised.safetensors"));

describe("every type of tensor", () => {
  it.each([...dequantised.tensors.keys()])("%s is what the gguf package makes of it, bit for bit", async (name) => {
    const [actual, expected] = [quantised.tensors.get(name)!, dequantised.tensors.get(name)!];
    expect(actual.shape).toEqual(expected.shape);
    const values = await readTensor(actual);
    expect(values).toEqual(await readTensor(expected));
    expect(new Set(values).size).toBeGreaterThan(5);
    if (actual.encoding) expect(await readBytes(actual)).toEqual(new Uint8Array(values.buffer));
  });

  it("covers the quantisations that are read", () => {
    const formats = [...quantised.tensors.values()].flatMap(({ encoding }) => (encoding?.kind === "blocks" ? [encoding.format] : []));
    expect(formats).toEqual(["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS", "MXFP4"]);
  });

  it.each(["Q8_0", "Q4_K"])("%s: any part of it", async (name) => {
    const tensor = quantised.tensors.get(name)!;
    const all = await readTensor(tensor);
    for (const [first, count] of [[0, 1], [31, 2], [5, 20], [33, 40], [64, 64], [all.length - 1, 1], [1, all.length - 1], [7, 0]] as const) {
      expect(await readElements(tensor, first, count)).toEqual(all.slice(first, first + count));
    }
  });
});

it("metadata of every type, and an alignment of its own", async () => {
  const path = join(golden, "metadata.gguf");
  const { metadata, tensors } = await withInputFile(path, (file) => readGgufHeader(file, path));
  expect(Object.fromEntries(metadata)).toMatchObject({
    u8: 255,
    i8: -128,
    u16: 65_535,
    i16: -32_768,
    u32: 2 ** 32 - 1,
    i32: -(2 ** 31),
    u64: 2 ** 40,
    i64: -(2 ** 40),
    f32: 1e-5,
    f64: 1e-300,
    bool: true,
    text: "Größe 🎛",
    texts: ["a", "", "c"],
    numbers: [1, 2, 3],
    nested: [[1, 2], [3]],
  });
  expect(await Promise.all(tensors.map(readTensor))).toEqual([Float32Array.of(1, 2), Float32Array.of(3)]);
  expect(tensors.map(({ offset }) => offset % 64)).toEqual([0, 0]);
});

describe("a model that llama.cpp's converter renamed and rearranged", () => {
  it.each<[name: string, count: number, unsaid?: Readonly<Record<string, unknown>>]>([
    ["llama-hf", 5],
    ["llama-rope-linear", 5],
    ["llama-rope-llama3", 5],
    ["gpt2-hf", 5],
    ["bert-hf", 5],
    // Its second block attends through a window, of which the metadata say nothing.
    ["qwen2-hf", 3],
    ["qwen3-hf", 9],
    ["gemma-hf", 5],
    // Its scores are divided by something else than Gemma 2's are, which the metadata can't say.
    ["gemma2-hf", 9, { query_pre_attn_scalar: 12 }],
    ["phi3-hf", 5],
    ["mixtral-meta", 5],
    ["qwen2-moe-hf", 5],
    ["qwen3-moe-hf", 9],
    ["qwen2-5-vl-old", 5],
    ["qwen3-vl-hf", 9],
    // Its positions blend otherwise between slow and fast than gpt-oss's do, which the metadata can't say.
    ["gpt-oss-hf", 5, { rope_scaling: { rope_type: "yarn", factor: 4, original_max_position_embeddings: 8, beta_fast: 4, beta_slow: 1, truncate: false } }],
    // Its scores are divided by something else than Gemma 3's are, and its second block is global in the place of the sixth.
    ["gemma3-hf", 13, { query_pre_attn_scalar: 12, sliding_window_pattern: 2 }],
  ])("%s: the input of its first %i norms is PyTorch's", async (name, count, unsaid = {}) => {
    const expected = await openGolden(join(cases, name, "golden.safetensors"));
    const checkpoint = await openCheckpoint(join(golden, `${name}.gguf`));
    const { architecture } = recogniseModel({ ...checkpoint, config: { ...checkpoint.config, ...unsaid } });
    const calls: NormCall[] = [];
    await forward(openOnnxRuntime(), writeStages(architecture.stages), await batchesOf(expected), {
      onNormCalls: (seen) => {
        calls.push(...seen);
        return Promise.resolve();
      },
    });
    expect(calls.length).toBeGreaterThanOrEqual(count);
    for (const [index, norm] of expected.norms.slice(0, count).entries()) {
      const actual = calls[index]!;
      expect(actual.norm).toMatchObject({ kind: norm.kind, role: norm.role, depth: norm.depth });
      expect(actual.norm.eps).toBeCloseTo(norm.eps, 12);
      expect(worstError(concatenate([headsFirst(actual.input)]), (await expected.tensor(`${norm.name}.input`))!.data), norm.name).toBeLessThan(1e-5);
    }
  });
});

it("gpt-oss blends its positions without rounding, which the metadata leave unsaid", async () => {
  const { config } = await openCheckpoint(join(golden, "gpt-oss-hf.gguf"));
  expect(config!["rope_scaling"]).toEqual({ rope_type: "yarn", factor: 4, original_max_position_embeddings: 8, truncate: false });
});

describe("a model in parts", () => {
  const name = (part: number): string => `parts-0000${part}-of-00003.gguf`;

  it.each([1, 2, 3])("is read whole by the name of part %i", async (part) => {
    const { tensors } = await openCheckpoint(join(golden, name(part)));
    const values = await Promise.all([...tensors.values()].map(readTensor));
    expect(values).toEqual([0, 1, 2, 3, 4].map((value) => Float32Array.of(value, value)));
  });

  it("is read by its folder, and refused where a part is missing", async () => {
    const folder = await temporaryFolder();
    for (const part of [1, 2]) await copyFile(join(golden, name(part)), join(folder, name(part)));
    expect(await refusal(openCheckpoint(folder))).toMatch(/parts-00003-of-00003\.gguf: there is no such file/);
    await copyFile(join(golden, name(3)), join(folder, name(3)));
    expect((await openCheckpoint(folder)).tensors.size).toBe(5);
  });
});

const whole = await readFile(join(golden, "metadata.gguf"));

/** metadata.gguf with a number written over some of its bytes. */
function withNumber(at: number, value: number, write: "writeUInt32LE" | "writeBigUInt64LE" = "writeUInt32LE"): Buffer {
  const bytes = Buffer.from(whole);
  if (write === "writeUInt32LE") bytes.writeUInt32LE(value, at);
  else bytes.writeBigUInt64LE(BigInt(value), at);
  return bytes;
}

/** Bytes up to the end of its last tensor; padding follows. */
const contentLength = whole.indexOf(Buffer.from(Float32Array.of(3).buffer), 640) + 4;

/** Where the description of tensor x stands: after its name come axes (u32), a size (u64), type (u32) and offset (u64). */
const x = whole.lastIndexOf(Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, "x".charCodeAt(0)])) + 9;

/** A file with one tensor of no elements and no metadata. */
function smallest(name: string): Buffer {
  const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
  const u64 = (value: number): Buffer => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
  return Buffer.concat([Buffer.from("GGUF"), u32(3), u64(1), u64(0), u64(name.length), Buffer.from(name), u32(1), u64(0), u32(0), u64(0), Buffer.alloc(64)]);
}

describe("a file that is refused", () => {
  it.each([
    ["version 1", withNumber(4, 1), /is a GGUF file of version 1, and NormLens reads 2 and 3; convert/],
    ["big-endian", withNumber(4, 0x03000000), /is a GGUF file for big-endian machines; get the one for little-endian machines/],
    ["too many tensors", withNumber(8, 2 ** 40, "writeBigUInt64LE"), /claims 1099511627776 tensors, more than the 500000/],
    ["more tensors than there are", withNumber(8, 400_000, "writeBigUInt64LE"), /ends too soon|axes, more than|unknown type|claims/],
    ["too much metadata", withNumber(16, 2 ** 50, "writeBigUInt64LE"), /claims \d+ metadata entries/],
    ["too many axes", withNumber(x, 77), /tensor "x" has 77 axes, more than the 4/],
    ["a size beyond all", withNumber(x + 4, 2 ** 52, "writeBigUInt64LE"), /tensor "x" (ends at byte \d+ of a file of \d+ bytes|has the shape)/],
    ["a quantisation that is not read", withNumber(x + 12, 17), /tensor "x" is quantised as IQ2_XS, which NormLens does not read; get the model as/],
    ["a quantisation that nobody knows", withNumber(x + 12, 4711), /tensor "x" is quantised as type 4711/],
    ["rows that are no whole blocks", withNumber(x + 12, 8), /tensor "x" has the shape \[2\], which does not fill whole blocks/],
    ["tensors that overlap", withNumber(x + 4, 16 + 2, "writeBigUInt64LE"), /tensor "y" overlaps the data of another tensor/],
    ["a tensor beyond the end", withNumber(x + 16, 4096, "writeBigUInt64LE"), /tensor "x" ends at byte \d+ of a file of \d+ bytes: the file is cut short/],
    ["one of several parts", withNumber(whole.indexOf("split.count") + 11 + 4, 3 + 2 ** 16 * whole.readUInt16LE(whole.indexOf("split.count") + 17)), /is one of 3 parts of a model, but not called NAME-00001-of-00003\.gguf; give the parts their names back/],
  ])("%s", async (_, bytes, sentence) => {
    expect(await refusal(openCheckpoint(await temporaryFile("model.gguf", bytes)))).toMatch(sentence);
  });

  it("cut anywhere", async () => {
    for (let length = 5; length < contentLength; length += 23) {
      expect(await refusal(openCheckpoint(await temporaryFile("model.gguf", whole.subarray(0, length))))).toMatch(/ends too soon|is cut short or damaged/);
    }
  });

  it("whose positions are scaled by LongRoPE", async () => {
    expect(await refusal(openCheckpoint(await temporaryFile("long.gguf", smallest("rope_factors_short.weight"))))).toMatch(/scales positions by LongRoPE, which NormLens does not read from GGUF files/);
  });

  it("of a family that is not known, by its name", async () => {
    const checkpoint = await openCheckpoint(join(golden, "quantised.gguf"));
    expect(checkpoint.config).toEqual({ model_type: "test in GGUF" });
    expect(() => recogniseModel(checkpoint)).toThrow(/is of the family "test in GGUF", which NormLens does not know yet/);
  });
});
