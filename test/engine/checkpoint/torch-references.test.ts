import { expect, test } from "vitest";
import { readTensor } from "../../../src/engine/checkpoint/tensor-data";
import { referTo } from "../../../src/engine/checkpoint/torch-references";
import type { TorchTensor } from "../../../src/engine/checkpoint/torch-tensor";
import { temporaryFile } from "./files";

/** `torch.tensor([1., 2.]).expand(rows, 2)` */
const repeated = (rows: number): TorchTensor => ({ dtype: "F32", shape: [rows, 2], strides: [0, 1], offset: 0, storage: { key: "0", dtype: "F32", elements: 2, firstElement: 0 } });
const place = async () => ({ file: await temporaryFile("storage", Buffer.from(Float32Array.of(1, 2).buffer)), offset: 0, length: 8 });

test("a tensor that repeats its elements is read whole", async () => {
  expect(await readTensor(referTo("x", repeated(3), await place(), "model.pt"))).toEqual(Float32Array.of(1, 2, 1, 2, 1, 2));
});

test("a tensor that repeats them beyond all measure is refused", async () => {
  const few = await place();
  expect(() => referTo("x", repeated(2 ** 30), few, "model.pt")).toThrow(/model\.pt: tensor "x" repeats its elements to \d+ bytes of the 8 that are stored; save it anew with \.contiguous\(\)/);
});
