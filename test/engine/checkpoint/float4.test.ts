import { join } from "node:path";
import { expect, it } from "vitest";
import { float4Tensor } from "../../../src/engine/checkpoint/float4";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { readBytes, readElements, readTensor } from "../../../src/engine/checkpoint/tensor-data";
import { unstacked } from "../../../src/engine/checkpoint/unstacked";
import { UserError } from "../../../src/shared/errors";

const { tensors } = await openCheckpoint(join(import.meta.dirname, "../architecture/golden/gpt-oss-mxfp4"));
const blocks = tensors.get("model.layers.0.mlp.experts.gate_up_proj_blocks")!;
const exponents = tensors.get("model.layers.0.mlp.experts.gate_up_proj_scales")!;
const tensor = float4Tensor("experts", blocks, exponents);

/** As the format states it: a sign, two bits of exponent and one of mantissa, times a power of two. */
function valueOf(code: number, exponent: number): number {
  const [scale, mantissa] = [(code >> 1) & 3, code & 1];
  const size = scale === 0 ? mantissa / 2 : 2 ** (scale - 1) * (1 + mantissa / 2);
  return (size > 0 && code & 8 ? -size : size) * 2 ** (exponent - 127);
}

it("codes and exponents give the numbers that they stand for", async () => {
  const [codes, powers] = [await readBytes(blocks), await readBytes(exponents)];
  const expected = Float32Array.from({ length: 2 * codes.length }, (_, index) => valueOf((codes[index >> 1]! >> (4 * (index % 2))) & 15, powers[index >> 5]!));
  expect(tensor.shape).toEqual([3, 64, 32]);
  expect(await readTensor(tensor)).toEqual(expected);
  expect(await readBytes(tensor)).toEqual(new Uint8Array(expected.buffer));
});

it("any part of them is read", async () => {
  const all = await readTensor(tensor);
  for (const [first, count] of [[0, 1], [1, 1], [31, 2], [5, 90], [33, 31], [64, 64], [all.length - 1, 1], [7, 0]] as const) expect(await readElements(tensor, first, count)).toEqual(all.slice(first, first + count));
});

it("a stack of them is taken apart", async () => {
  const parts = await Promise.all(unstacked(tensor).map(readTensor));
  expect(parts.flatMap((part) => [...part])).toEqual([...(await readTensor(tensor))]);
});

it("codes and exponents of other shapes or types are refused", () => {
  expect(() => float4Tensor("experts", blocks, { ...exponents, shape: [3, 32, 2] })).toThrow(UserError);
  expect(() => float4Tensor("experts", { ...blocks, dtype: "I8" }, exponents)).toThrow(/don't hold codes and exponents/);
});
