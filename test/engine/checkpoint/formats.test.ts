import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { readTensor } from "../../../src/engine/checkpoint/tensor-data";
import type { TensorToWrite } from "../../../src/engine/checkpoint/safetensors-writer";
import { writeSafetensors } from "../../../src/engine/checkpoint/safetensors-writer";
import { refusal, safetensorsBytes, temporaryFile, temporaryFolder } from "./files";

function weights(name: string, ...values: number[]): TensorToWrite[] {
  return [{ name, dtype: "F32", shape: [values.length], data: new Float32Array(values) }];
}

/** A folder with config.json, two shards that hold tensors a and b, and an index with this content. */
async function shardedFolder(index: unknown = { weight_map: { a: "model-00001-of-00002.safetensors", b: "model-00002-of-00002.safetensors" } }): Promise<string> {
  const folder = await temporaryFolder();
  await writeSafetensors(join(folder, "model-00001-of-00002.safetensors"), weights("a", 1, 2));
  await writeSafetensors(join(folder, "model-00002-of-00002.safetensors"), weights("b", 3));
  await writeFile(join(folder, "config.json"), `{"model_type":"llama"}`);
  await writeFile(join(folder, "model.safetensors.index.json"), typeof index === "string" ? index : JSON.stringify(index));
  return folder;
}

describe("what is opened", () => {
  it("a single file, with the configuration beside it", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "weights.safetensors");
    await writeSafetensors(path, weights("x", 1));
    expect((await openCheckpoint(path)).config).toBeUndefined();
    await writeFile(join(folder, "params.json"), `{"dim":64}`);
    expect((await openCheckpoint(path)).config).toEqual({ dim: 64 });
    await writeFile(join(folder, "config.json"), `{"architecture":"vit_tiny_patch16_224","pretrained_cfg":{}}`);
    expect(await openCheckpoint(path)).toMatchObject({ path, folder, format: "safetensors", config: { architecture: "vit_tiny_patch16_224" } });
  });

  it("a single file under any name, by its content", async () => {
    const checkpoint = await openCheckpoint(await temporaryFile("download", safetensorsBytes({ x: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }, 4)));
    expect([...checkpoint.tensors.keys()]).toEqual(["x"]);
  });

  it("a folder with one safetensors file, whatever its name", async () => {
    const folder = await temporaryFolder();
    await writeSafetensors(join(folder, "pytorch_weights.safetensors"), weights("x", 5));
    const checkpoint = await openCheckpoint(folder);
    expect(checkpoint.path).toBe(folder);
    expect(checkpoint.folder).toBe(folder);
    expect(await readTensor(checkpoint.tensors.get("x")!)).toEqual(new Float32Array([5]));
  });

  it("a folder with model.safetensors, before anything else", async () => {
    const folder = await shardedFolder();
    await writeSafetensors(join(folder, "model.safetensors"), weights("whole", 1));
    await writeSafetensors(join(folder, "other.safetensors"), weights("other", 1));
    expect([...(await openCheckpoint(folder)).tensors.keys()]).toEqual(["whole"]);
  });

  it("shards by their folder and by their index, in the order of the index", async () => {
    const folder = await shardedFolder({ metadata: { total_size: 12 }, weight_map: { b: "model-00002-of-00002.safetensors", a: "model-00001-of-00002.safetensors" } });
    for (const path of [folder, join(folder, "model.safetensors.index.json")]) {
      const { tensors, config } = await openCheckpoint(path);
      expect([...tensors.keys()]).toEqual(["b", "a"]);
      expect(await readTensor(tensors.get("a")!)).toEqual(new Float32Array([1, 2]));
      expect(config).toEqual({ model_type: "llama" });
    }
  });

  it("an index under another name where it is the only one", async () => {
    const folder = await shardedFolder();
    await rename(join(folder, "model.safetensors.index.json"), join(folder, "diffusion_pytorch_model.safetensors.index.json"));
    expect((await openCheckpoint(folder)).tensors.size).toBe(2);
  });

  it("an index of 100 shards", async () => {
    const folder = await temporaryFolder();
    const weightMap: Record<string, string> = {};
    for (let shard = 0; shard < 100; shard++) {
      const file = `model-${shard}.safetensors`;
      const tensors = [0, 1, 2, 3, 4].flatMap((block) => weights(`h.${shard}.${block}`, shard, block));
      for (const { name } of tensors) weightMap[name] = file;
      await writeSafetensors(join(folder, file), tensors);
    }
    await writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map: weightMap }));
    const { tensors } = await openCheckpoint(folder);
    expect(tensors.size).toBe(500);
    expect(await readTensor(tensors.get("h.73.4")!)).toEqual(new Float32Array([73, 4]));
  });

  it("a snapshot of the hub's cache: configuration from the snapshot, weights from the blobs that it links to", async () => {
    const root = await temporaryFolder();
    const snapshot = join(root, "snapshots", "c0ffee");
    await mkdir(join(root, "blobs"));
    await mkdir(snapshot, { recursive: true });
    await writeSafetensors(join(root, "blobs", "1111"), weights("a", 7));
    await writeSafetensors(join(root, "blobs", "2222"), weights("b", 8));
    await writeFile(join(root, "blobs", "3333"), `{"model_type":"gpt2"}`);
    await writeFile(join(root, "blobs", "4444"), JSON.stringify({ weight_map: { a: "model-1.safetensors", b: "model-2.safetensors" } }));
    const links = { "model-1.safetensors": "1111", "model-2.safetensors": "2222", "config.json": "3333", "model.safetensors.index.json": "4444" };
    for (const [name, blob] of Object.entries(links)) await symlink(join("..", "..", "blobs", blob), join(snapshot, name));

    const { tensors, config, folder } = await openCheckpoint(snapshot);
    expect(folder).toBe(snapshot);
    expect(config).toEqual({ model_type: "gpt2" });
    expect([...tensors.values()].map(({ file }) => basename(file))).toEqual(["1111", "2222"]);
    expect(await readTensor(tensors.get("b")!)).toEqual(new Float32Array([8]));
    const single = await openCheckpoint(join(snapshot, "model-1.safetensors"));
    expect(single.config).toEqual({ model_type: "gpt2" });
  });
});

describe("an index that is refused", () => {
  const shard = "model-00001-of-00002.safetensors";

  it.each([
    ["a name with ..", "../model-00001-of-00002.safetensors"],
    ["a name with .. inside", "shards/../../x.safetensors"],
    ["an absolute name", "/etc/passwd"],
    ["a Windows name", "..\\x.safetensors"],
    ["a drive", "C:x.safetensors"],
    ["an empty name", ""],
    ["a NUL", "x\0.safetensors"],
  ])("%s", async (_, name) => {
    const folder = await shardedFolder({ weight_map: { a: name } });
    expect(await refusal(openCheckpoint(folder))).toMatch(/index\.json names the shard ".*", which is not a file in its folder/);
  });

  it.each([
    ["not JSON", "{", /is not valid JSON/],
    ["not an object", "[]", /is JSON but not an object/],
    ["no weight_map", {}, /has no weight_map/],
    ["a file that is no name", { weight_map: { a: 1 } }, /names no file for tensor "a"/],
    ["a tensor listed twice", `{"weight_map":{"a":"${shard}","a":"model-00002-of-00002.safetensors"}}`, /lists the same name twice/],
    ["a shard missing", { weight_map: { a: shard, c: "model-00003-of-00003.safetensors" } }, /names the shard .*model-00003-of-00003\.safetensors, which is missing/],
    ["a tensor missing in its shard", { weight_map: { a: shard, b: shard } }, /tensor "b" lies in "model-00001-of-00002\.safetensors", but it is not there/],
  ])("%s", async (_, index, sentence) => {
    const folder = await shardedFolder(index);
    const message = await refusal(openCheckpoint(folder));
    expect(message).toMatch(sentence);
    expect(message).toContain(join(folder, "model.safetensors.index.json"));
  });

  it("a damaged shard, by the shard's name", async () => {
    const folder = await shardedFolder();
    await writeFile(join(folder, shard), "version https://git-lfs.github.com/spec/v1\n");
    expect(await refusal(openCheckpoint(folder))).toContain(`${join(folder, shard)} is not a safetensors file but a Git LFS pointer`);
  });
});

/** A zip archive with empty entries: local headers, the directory, the end of the directory. */
function archiveOf(...names: readonly string[]): Buffer {
  const texts = names.map((name) => Buffer.from(name));
  const locals = texts.map((text) => Buffer.concat([zipRecord(30, "PK\x03\x04", { 26: text.length }), text]));
  const starts = locals.map((_, index) => Buffer.concat(locals.slice(0, index)).length);
  const directory = Buffer.concat(texts.flatMap((text, index) => [zipRecord(46, "PK\x01\x02", { 28: text.length, 42: starts[index]! }), text]));
  const content = Buffer.concat(locals);
  return Buffer.concat([content, directory, zipRecord(22, "PK\x05\x06", { 8: names.length, 10: names.length, 12: directory.length, 16: content.length })]);
}

/** A record of zeros, but for its signature and some numbers of two bytes, by their places. */
function zipRecord(length: number, signature: string, numbers: Readonly<Record<number, number>>): Buffer {
  const record = Buffer.alloc(length);
  record.write(signature, "latin1");
  for (const [place, number] of Object.entries(numbers)) record.writeUInt16LE(number, Number(place));
  return record;
}

describe("what is not a checkpoint", () => {
  it.each([
    ["group1-shard1of3.bin", /group1-shard1of3\.bin is a shard of the weights of a TensorFlow\.js model; get the model\.json/],
    ["pytorch_model.bin", /pytorch_model\.bin is called like a PyTorch checkpoint, but torch\.save did not write it/],
    ["model.pt", /model\.pt is called like a PyTorch checkpoint, but torch\.save did not write it; check/],
    ["model-q8_0.gguf", /model-q8_0\.gguf is called like a GGUF checkpoint, but is none/],
    ["__0_0.distcp", /is a part of a distributed checkpoint of PyTorch; join its parts \(python -m torch\.distributed\.checkpoint\.format_utils dcp_to_torch/],
    ["model.onnx", /is no ONNX model or is damaged/],
    ["tf_model.h5", /is called like a Keras model or checkpoint, but is none; check/],
    ["model.keras", /is called like a Keras model or checkpoint, but is none; check/],
    ["flax_model.msgpack", /is called like a Flax checkpoint, but is none/],
    ["model.ckpt-1000.index", /is a part of a TensorFlow SavedModel or checkpoint; name the folder that holds saved_model\.pb/],
    ["model.tflite", /is a TensorFlow Lite model; convert it to ONNX/],
    ["weights.npz", /is a NumPy file/],
  ])("a file and a folder with %s", async (name, sentence) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, name), "anything");
    await writeFile(join(folder, "config.json"), "{}");
    expect(await refusal(openCheckpoint(folder))).toMatch(sentence);
    expect(await refusal(openCheckpoint(join(folder, name)))).toMatch(sentence);
  });

  it("a TensorFlow.js model of layers, and a Keras archive, by what is in them", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "model.json"), `{"format": "layers-model", "modelTopology": {}}`);
    for (const path of [folder, join(folder, "model.json")]) expect(await refusal(openCheckpoint(path))).toMatch(/model\.json holds layers of Keras, not a graph; convert it to a graph model/);
    const archive = join(folder, "model.keras");
    await writeFile(archive, archiveOf("model.weights.h5"));
    expect(await refusal(openCheckpoint(archive))).toMatch(/model\.keras lacks the entry "config\.json" of a Keras model; get the file again/);
    const renamed = join(folder, "model.zip");
    await writeFile(renamed, archiveOf("folder/data.bin", "model.weights.h5"));
    expect(await refusal(openCheckpoint(renamed))).toMatch(/model\.zip is a Keras model whose entries are not in the order in which Keras saves them; give its name the ending \.keras/);
  });

  it("a path that is not there, an empty folder, a folder without weights, a text file", async () => {
    const folder = await temporaryFolder();
    expect(await refusal(openCheckpoint(join(folder, "none")))).toMatch(/none: there is no such file or folder/);
    expect(await refusal(openCheckpoint(folder))).toContain("holds no checkpoint");
    await writeFile(join(folder, "config.json"), "{}");
    expect(await refusal(openCheckpoint(folder))).toContain("holds config.json but no weights");
    expect(await refusal(openCheckpoint(join(folder, "config.json")))).toContain("is no checkpoint that NormLens knows");
  });

  it("a folder with several checkpoints, or with shards and no index", async () => {
    const folder = await temporaryFolder();
    await writeSafetensors(join(folder, "model-00001-of-00002.safetensors"), weights("a", 1));
    await writeSafetensors(join(folder, "model-00002-of-00002.safetensors"), weights("b", 1));
    expect(await refusal(openCheckpoint(folder))).toMatch(/holds 2 shards of a checkpoint but not their index/);
    await writeSafetensors(join(folder, "ema.safetensors"), weights("c", 1));
    expect(await refusal(openCheckpoint(folder))).toMatch(/holds several checkpoints \(ema\.safetensors, model-00001/);
  });

  it("a TensorFlow checkpoint in shards", async () => {
    const folder = await temporaryFolder();
    const index = join(folder, "tf_model.h5.index.json");
    await writeFile(index, `{"metadata": {}, "weight_map": {}}`);
    expect(await refusal(openCheckpoint(index))).toMatch(/is the index of a TensorFlow checkpoint in shards, which NormLens reads in one file alone; save it so/);
    for (const number of [1, 2]) await writeFile(join(folder, `tf_model-0000${number}-of-00002.h5`), "\x89HDF\r\n\x1a\n", "latin1");
    expect(await refusal(openCheckpoint(folder))).toMatch(/holds 2 shards of a TensorFlow checkpoint, which NormLens reads in one file alone; save it so \(save_pretrained with max_shard_size="1TB"\)/);
  });

  it("sound weights with a damaged configuration", async () => {
    const folder = await shardedFolder();
    await writeFile(join(folder, "config.json"), `{"model_type":`);
    expect(await refusal(openCheckpoint(folder))).toMatch(/config\.json is not valid JSON/);
    await writeFile(join(folder, "config.json"), `null`);
    expect(await refusal(openCheckpoint(folder))).toMatch(/config\.json is JSON but not an object/);
  });
});
