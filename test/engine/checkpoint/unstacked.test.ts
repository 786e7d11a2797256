import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { TensorReference } from "../../../src/engine/checkpoint/checkpoint";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { readTensor } from "../../../src/engine/checkpoint/tensor-data";
import { parted, unstacked } from "../../../src/engine/checkpoint/unstacked";
import { UserError } from "../../../src/shared/errors";
import { temporaryFolder } from "./files";

const golden = join(import.meta.dirname, "golden");

/** 24 numbers, 0 to 23, one after another. */
async function counting(): Promise<TensorReference> {
  const file = join(await temporaryFolder(), "numbers");
  await writeFile(file, Float32Array.from({ length: 24 }, (_, index) => index));
  return { name: "stack", dtype: "F32", shape: [2, 3, 4], file, offset: 0, length: 96 };
}

const read = async (stack: TensorReference): Promise<number[][]> => Promise.all(unstacked(stack).map(async (one) => [...(await readTensor(one))]));

describe("the tensors of a stack", () => {
  it("are its rows", async () => {
    const stack = await counting();
    expect(await read(stack)).toEqual([Array.from({ length: 12 }, (_, index) => index), Array.from({ length: 12 }, (_, index) => index + 12)]);
    expect(unstacked(stack).map(({ name, shape }) => ({ name, shape }))).toEqual([{ name: "stack[0]", shape: [3, 4] }, { name: "stack[1]", shape: [3, 4] }]);
  });

  it("are found in a view, whose elements do not stand one after another", async () => {
    const turned: TensorReference = { ...(await counting()), shape: [4, 3, 2], encoding: { kind: "strided", strides: [1, 4, 12] } };
    expect(await read(turned)).toEqual([0, 1, 2, 3].map((first) => [0, 12, 4, 16, 8, 20].map((step) => first + step)));
  });

  it("are found among quantised ones", async () => {
    const whole = (await openCheckpoint(join(golden, "quantised.gguf"))).tensors.get("Q4_0")!;
    const [rows, columns] = whole.shape as [number, number];
    const parts = await read({ ...whole, shape: [rows, 1, columns] });
    expect(parts.flat()).toEqual([...(await readTensor(whole))]);
    expect(parts).toHaveLength(3);
  });

  it("are rows that stand one after another, in a view too", async () => {
    const flat: TensorReference = { ...(await counting()), shape: [6, 4] };
    const values = async (parts: readonly TensorReference[]): Promise<number[][]> => Promise.all(parts.map(async (one) => [...(await readTensor(one))]));
    expect(await values(parted(flat, 2))).toEqual(await read(await counting()));
    const turned: TensorReference = { ...flat, shape: [4, 6], encoding: { kind: "strided", strides: [1, 4] } };
    expect(await values(parted(turned, 2))).toEqual([[0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21], [2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23]]);
  });

  it("are refused where blocks reach from one into the next, and where they are too many", async () => {
    const whole = (await openCheckpoint(join(golden, "quantised.gguf"))).tensors.get("Q4_0")!;
    expect(() => unstacked({ ...whole, shape: [5, 7] })).toThrow(UserError);
    expect(() => unstacked({ ...whole, shape: [5000, 1] })).toThrow(/5000 tensors/);
  });
});
