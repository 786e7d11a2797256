import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { recogniseModel } from "../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { readTensor } from "../../../src/engine/checkpoint/tensor-data";
import { refusal, temporaryFile, temporaryFolder } from "./files";

const golden = join(import.meta.dirname, "golden");
const cases = join(import.meta.dirname, "../architecture/golden");

describe("what transformers' TensorFlow classes save", () => {
  it.each(["bert-hf", "gpt2-hf", "vit-hf", "t5-hf"])("%s: every tensor is PyTorch's, bit for bit, and the family is recognised", async (name) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "tf_model.h5"), gunzipSync(await readFile(join(golden, `${name}.h5.gz`))));
    await copyFile(join(cases, name, "config.json"), join(folder, "config.json"));
    const [actual, expected] = [await openCheckpoint(folder), await openCheckpoint(join(cases, name))];
    expect(actual.format).toBe("hdf5");
    expect(recogniseModel(actual).family).toBe(recogniseModel(expected).family);
    expect([...actual.tensors.keys()].sort()).toEqual([...expected.tensors.keys()].sort());
    for (const tensor of actual.tensors.values()) {
      const same = expected.tensors.get(tensor.name)!;
      expect(tensor.shape, tensor.name).toEqual(same.shape);
      expect(await readTensor(tensor), tensor.name).toEqual(await readTensor(same));
    }
  });
});

describe("a file that is refused", () => {
  it.each([
    ["chunked", /tensor "layer\/kernel" is stored in chunks, which NormLens does not read; load the model with Keras and save it anew/],
    ["compressed", /tensor "layer\/kernel" is compressed, which NormLens does not read/],
    ["big-endian", /tensor "layer\/kernel" is stored big-endian, which/],
    ["elsewhere", /tensor "kernel" is stored in another file, which/],
  ])("%s", async (name, sentence) => {
    const path = join(golden, `${name}.h5`);
    const message = await refusal(openCheckpoint(path));
    expect(message).toMatch(sentence);
    expect(message).toContain(path);
  });

  it.each([8, 100, 1_000, 20_000])("cut after %i bytes", async (length) => {
    const whole = await readFile(join(golden, "earliest.h5"));
    expect(await refusal(openCheckpoint(await temporaryFile("model.h5", whole.subarray(0, length))))).toMatch(/model\.h5(: tensor ".*" is not all there, the file is cut short or damaged| is damaged, perhaps cut short); get it again/);
  });

  it("whose groups are described in a circle", async () => {
    const bytes = await readFile(join(golden, "earliest.h5"));
    for (let tree = bytes.indexOf("TREE"); tree >= 0; tree = bytes.indexOf("TREE", tree + 4)) bytes.writeBigUInt64LE(BigInt(tree), tree + 32);
    expect(await refusal(openCheckpoint(await temporaryFile("model.h5", bytes)))).toMatch(/model\.h5 is damaged, perhaps cut short/);
  });

  it("whose header goes on in itself", async () => {
    const bytes = await readFile(join(golden, "latest.h5"));
    const continued = bytes.indexOf("OCHK");
    expect(continued).toBeGreaterThan(0);
    const place = Buffer.alloc(8);
    place.writeBigUInt64LE(BigInt(continued));
    const messages = bytes.subarray(continued + 4);
    messages.writeUInt8(0x10, 0);
    messages.writeUInt16LE(16, 1);
    messages.writeUInt8(0, 3);
    const isOrdered = 4;
    place.copy(messages, isOrdered);
    messages.writeBigUInt64LE(64n, isOrdered + 8);
    expect(await refusal(openCheckpoint(await temporaryFile("model.h5", bytes)))).toMatch(/model\.h5 is damaged, perhaps cut short/);
  });

  it("of a superblock to come", async () => {
    const bytes = await readFile(join(golden, "latest.h5"));
    bytes[8] = 4;
    expect(await refusal(openCheckpoint(await temporaryFile("model.h5", bytes)))).toMatch(/is HDF5 of superblock 4, and NormLens reads 0 to 3; save it anew with h5py/);
  });
});
