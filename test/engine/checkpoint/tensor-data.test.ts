import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { TensorReference } from "../../../src/engine/checkpoint/checkpoint";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { writeSafetensors } from "../../../src/engine/checkpoint/safetensors-writer";
import { isComputable, readBytes, readElements, readTensor } from "../../../src/engine/checkpoint/tensor-data";
import { dtypeBits } from "../../../src/shared/dtype";
import type { Dtype } from "../../../src/shared/dtype";
import { refusal, temporaryFolder } from "./files";

async function stored(dtype: Dtype, shape: readonly number[], data: ArrayBufferView): Promise<TensorReference> {
  const path = join(await temporaryFolder(), "model.safetensors");
  await writeSafetensors(path, [{ name: "x", dtype, shape, data }]);
  return (await openCheckpoint(path)).tensors.get("x")!;
}

/** The number that a floating-point pattern stands for, by IEEE 754's definition. */
function valueOf(pattern: number, exponentBits: number, fractionBits: number): number {
  const sign = pattern >> (exponentBits + fractionBits) ? -1 : 1;
  const exponent = (pattern >> fractionBits) & (2 ** exponentBits - 1);
  const fraction = (pattern & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

const allPatterns = Uint16Array.from({ length: 2 ** 16 }, (_, pattern) => pattern);

describe("readTensor", () => {
  it.each([
    ["F16", 5, 10],
    ["BF16", 8, 7],
  ] as const)("widens all 65,536 patterns of %s exactly", async (dtype, exponentBits, fractionBits) => {
    const values = await readTensor(await stored(dtype, [256, 256], allPatterns));
    const expected = Array.from(allPatterns, (pattern) => valueOf(pattern, exponentBits, fractionBits));
    const wrong = expected.flatMap((value, pattern) => (Object.is(values[pattern], value) ? [] : [pattern]));
    expect(wrong).toEqual([]);
  });

  it("gives F32 bit for bit and F64 rounded to nearest", async () => {
    const floats = new Float32Array([1, -0, 3.4e38, 1e-45, Infinity]);
    expect(await readTensor(await stored("F32", [5], floats))).toEqual(floats);
    const doubles = new Float64Array([0.1, 1e-300, -1e300, 16777217]);
    expect(await readTensor(await stored("F64", [4], doubles))).toEqual(new Float32Array([Math.fround(0.1), 0, -Infinity, 16777216]));
  });

  it("reads scalars and tensors of no elements", async () => {
    expect(await readTensor(await stored("F32", [], new Float32Array([0.041])))).toEqual(new Float32Array([0.041]));
    expect(await readTensor(await stored("BF16", [4, 0], new Uint16Array(0)))).toEqual(new Float32Array(0));
  });

  it("reads more than fits in one piece", async () => {
    const count = 2 ** 22 + 5;
    const halves = new Uint16Array(count).map((_, index) => index % 0x7f80);
    const values = await readTensor(await stored("BF16", [count], halves));
    expect([values.length, values[2 ** 22 - 1], values[2 ** 22], values.at(-1)]).toEqual(
      [count, ...[2 ** 22 - 1, 2 ** 22, count - 1].map((index) => valueOf(halves[index]!, 8, 7))],
    );
  });

  it("refuses every other dtype by name", async () => {
    const others = Object.keys(dtypeBits).filter((dtype): dtype is Dtype => dtype in dtypeBits && !["F64", "F32", "F16", "BF16"].includes(dtype));
    expect(others).toHaveLength(18);
    for (const dtype of others) {
      expect(isComputable(dtype)).toBe(false);
      const reference = await stored(dtype, [4], new Uint8Array((4 * dtypeBits[dtype]) / 8));
      expect(await refusal(readTensor(reference))).toContain(`tensor "x" is stored as ${dtype}, which NormLens can't compute with; convert it to BF16.`);
    }
  });

  it("refuses a file that was cut short after it was opened, and one that is gone", async () => {
    const reference = await stored("F32", [4], new Float32Array(4));
    await truncate(reference.file, reference.offset + 8);
    expect(await refusal(readTensor(reference))).toMatch(/ends at byte \d+, sooner than it should/);
    expect(await refusal(readBytes(reference))).toMatch(/sooner than it should/);
    expect(await refusal(readTensor({ ...reference, file: `${reference.file}.gone` }))).toContain("no such file");
  });

  it("refuses a tensor that no memory holds", async () => {
    const reference = await stored("F32", [1], new Float32Array(1));
    expect(await refusal(readTensor({ ...reference, shape: [2 ** 45], length: 2 ** 47 }))).toContain("does not fit in memory");
    expect(await refusal(readBytes({ ...reference, length: 2 ** 47 }))).toContain("does not fit in memory");
  });
});

describe("readElements", () => {
  it("reads a part", async () => {
    const reference = await stored("F16", [3, 2], Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600));
    expect(await readElements(reference, 2, 3)).toEqual(new Float32Array([3, 4, 5]));
    await expect(readElements(reference, 4, 3)).rejects.toThrow(RangeError);
  });
});

describe("readBytes", () => {
  it("gives the bytes of any dtype as they stand", async () => {
    const bytes = Uint8Array.of(1, 2, 3, 250);
    expect(await readBytes(await stored("F8_E4M3", [2, 2], bytes))).toEqual(bytes);
  });
});
