import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { recogniseModel } from "../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { readTensor } from "../../../src/engine/checkpoint/tensor-data";
import { refusal, temporaryFile, temporaryFolder } from "./files";

const golden = join(import.meta.dirname, "golden");
const cases = join(import.meta.dirname, "../architecture/golden");

describe("what transformers' Flax classes save", () => {
  it.each(["bert-hf", "gpt2-hf", "vit-hf", "opt-hf"])("%s: every tensor is PyTorch's, bit for bit, and the family is recognised", async (name) => {
    const folder = await temporaryFolder();
    await copyFile(join(golden, `${name}.msgpack`), join(folder, "flax_model.msgpack"));
    await copyFile(join(cases, name, "config.json"), join(folder, "config.json"));
    const [actual, expected] = [await openCheckpoint(folder), await openCheckpoint(join(cases, name))];
    expect(actual.format).toBe("flax");
    expect(recogniseModel(actual).family).toBe(recogniseModel(expected).family);
    expect(actual.tensors.size).toBeGreaterThan(20);
    for (const tensor of actual.tensors.values()) {
      const same = expected.tensors.get(tensor.name)!;
      expect(tensor.shape, tensor.name).toEqual(same.shape);
      expect(await readTensor(tensor), tensor.name).toEqual(await readTensor(same));
    }
  });
});

describe("shards that transformers' Flax classes save", () => {
  const shards = join(golden, "gpt2-hf-flax-shards");

  it.each(["the folder", "the index"])("by %s: every tensor is PyTorch's, bit for bit", async (by) => {
    const actual = await openCheckpoint(by === "the folder" ? shards : join(shards, "flax_model.msgpack.index.json"));
    const expected = await openCheckpoint(join(cases, "gpt2-hf"));
    expect(new Set([...actual.tensors.values()].map(({ file }) => file)).size).toBe(4);
    expect([...actual.tensors.keys()].sort()).toEqual([...expected.tensors.keys()].sort());
    for (const [name, tensor] of actual.tensors) expect(await readTensor(tensor), name).toEqual(await readTensor(expected.tensors.get(name)!));
  });

  it("without their index are refused", async () => {
    const folder = await temporaryFolder();
    for (const part of ["00001", "00002", "00003", "00004"]) await copyFile(join(shards, `flax_model-${part}-of-00004.msgpack`), join(folder, `flax_model-${part}-of-00004.msgpack`));
    expect(await refusal(openCheckpoint(folder))).toMatch(/holds 4 shards of a checkpoint but not their index \(\*\.msgpack\.index\.json\); get the index/);
  });
});

describe("a damaged file is refused", () => {
  const whole = readFile(join(golden, "bert-hf.msgpack"));

  it.each([3, 100, 5_000])("cut after %i bytes", async (length) => {
    expect(await refusal(openCheckpoint(await temporaryFile("flax_model.msgpack", (await whole).subarray(0, length))))).toMatch(/is damaged, perhaps cut short; get it again/);
  });

  it("with an array in pieces", async () => {
    const mark = "__msgpack_chunked_array__";
    const bytes = Buffer.concat([Buffer.from([0x81, 0xa5]), Buffer.from("table"), Buffer.from([0x81, 0xb9]), Buffer.from(mark), Buffer.from([0xc3])]);
    expect(await refusal(openCheckpoint(await temporaryFile("flax_model.msgpack", bytes)))).toMatch(/holds "table" in pieces, which NormLens does not read; convert the model to safetensors/);
  });
});
