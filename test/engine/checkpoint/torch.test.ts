import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Checkpoint } from "../../../src/engine/checkpoint/checkpoint";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { isComputable, readBytes, readElements, readTensor } from "../../../src/engine/checkpoint/tensor-data";
import { refusal, temporaryFile, temporaryFolder } from "./files";

const golden = join(import.meta.dirname, "golden");

/** Every tensor of a checkpoint is, bit for bit, that of the same name in a safetensors file. */
async function expectTensors(actual: Checkpoint, file: string, names?: readonly string[]): Promise<void> {
  const expected = await openCheckpoint(join(golden, file));
  expect([...actual.tensors.keys()].sort()).toEqual([...(names ?? expected.tensors.keys())].sort());
  for (const [name, tensor] of actual.tensors) {
    const original = expected.tensors.get(name)!;
    expect([name, tensor.dtype, tensor.shape]).toEqual([name, original.dtype, original.shape]);
    expect([name, await readBytes(tensor)]).toEqual([name, await readBytes(original)]);
    if (isComputable(tensor.dtype)) expect([name, await readTensor(tensor)]).toEqual([name, await readTensor(original)]);
  }
}

const few = ["f32", "bf16", "rows", "transposed"];

describe("what torch.save wrote", () => {
  it.each(["zip.pt", "legacy.pt"])("%s: every dtype, however a tensor lies in its storage", async (file) => {
    await expectTensors(await openCheckpoint(join(golden, file)), "expected.safetensors");
  });

  it.each(["protocol-3.pt", "protocol-4.pt", "protocol-5.pt", "protocol-4-legacy.pt"])("%s", async (file) => {
    await expectTensors(await openCheckpoint(join(golden, file)), "expected.safetensors", few);
  });

  it("copies nothing: what is contiguous is a place in the file, also where storages are shared", async () => {
    const { tensors } = await openCheckpoint(join(golden, "zip.pt"));
    const whole = tensors.get("whole")!;
    expect(tensors.get("tied")).toEqual({ ...whole, name: "tied" });
    expect(tensors.get("rows")).toMatchObject({ file: whole.file, offset: whole.offset + 2 * 16, length: 3 * 16 });
    const encoded = [...tensors.values()].filter(({ encoding }) => encoding).map(({ name }) => name);
    expect(encoded).toEqual(["columns", "transposed", "channels_last"]);
    expect(new Uint8Array(await readFile(whole.file)).subarray(whole.offset, whole.offset + whole.length)).toEqual(await readBytes(whole));
  });

  it("reads a part of a view whose elements don't stand one after another", async () => {
    const tensor = (await openCheckpoint(join(golden, "zip.pt"))).tensors.get("channels_last")!;
    const all = await readTensor(tensor);
    for (let first = 0; first <= all.length; first += 5) {
      expect(await readElements(tensor, first, Math.min(7, all.length - first))).toEqual(all.slice(first, first + 7));
    }
  });

  it("has the configuration that stands beside it, else the hyperparameters in it", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "nanogpt.pt");
    await copyFile(join(golden, "nanogpt.pt"), path);
    expect((await openCheckpoint(path)).config).toEqual({ n_layer: 2, n_head: 3, bias: false });
    await writeFile(join(folder, "config.json"), `{"n_layer":5}`);
    expect((await openCheckpoint(path)).config).toEqual({ n_layer: 5 });
  });

  it("is found in a folder, beside what the training left there", async () => {
    const folder = await temporaryFolder();
    await copyFile(join(golden, "zip.pt"), join(folder, "anything.pth"));
    await copyFile(join(golden, "optimizer-alone.pt"), join(folder, "optimizer.pt"));
    await copyFile(join(golden, "nothing.pt"), join(folder, "training_args.bin"));
    await writeFile(join(folder, "other.bin"), "not of PyTorch");
    const checkpoint = await openCheckpoint(folder);
    expect(checkpoint).toMatchObject({ path: folder, folder, format: "torch" });
    await expectTensors(checkpoint, "expected.safetensors");
  });

  it("is read under any name", async () => {
    await expectTensors(await openCheckpoint(await temporaryFile("model.safetensors", await readFile(join(golden, "zip.pt")))), "expected.safetensors");
  });

  it("may be cut into shards with an index", async () => {
    const folder = await temporaryFolder();
    await copyFile(join(golden, "protocol-3.pt"), join(folder, "pytorch_model-00001-of-00002.bin"));
    await copyFile(join(golden, "legacy.pt"), join(folder, "pytorch_model-00002-of-00002.bin"));
    expect(await refusal(openCheckpoint(folder))).toMatch(/holds 2 shards of a checkpoint but not their index \(\*\.bin\.index\.json\)/);
    const weightMap = { f32: "pytorch_model-00001-of-00002.bin", bf16: "pytorch_model-00001-of-00002.bin", f16: "pytorch_model-00002-of-00002.bin" };
    await writeFile(join(folder, "pytorch_model.bin.index.json"), JSON.stringify({ weight_map: weightMap }));
    await expectTensors(await openCheckpoint(folder), "expected.safetensors", Object.keys(weightMap));
  });
});

describe("the model among what a training saves", () => {
  it.each([
    ["nanogpt.pt", few, { n_layer: 2, n_head: 3, bias: false }],
    ["lightning.ckpt", few.map((name) => `model.${name}`), { depth: 2 }],
    ["parallel.pth", few, { depth: 2, name: "tiny" }],
    ["unknown-key.pt", few, undefined],
    ["averaged.pt", few, undefined],
  ])("is found in %s, and the optimizer's state is not", async (file, names, config) => {
    const checkpoint = await openCheckpoint(join(golden, file));
    expect([...checkpoint.tensors.keys()]).toEqual(names);
    expect(checkpoint.config).toEqual(config);
  });

  it.each(["module.pt", "script.pt"])("is a whole module in %s", async (file) => {
    await expectTensors(await openCheckpoint(join(golden, file)), "module.safetensors");
  });

  it.each([
    ["optimizer-alone.pt", /holds no weights of a model \(no dictionary of tensors\); save model\.state_dict\(\)/],
    ["nothing.pt", /holds no weights of a model/],
    ["several.pt", /holds several models \("generator", "discriminator"\); save the one that you mean/],
  ])("is missed in %s", async (file, sentence) => {
    expect(await refusal(openCheckpoint(join(golden, file)))).toMatch(sentence);
  });
});

describe("a part of a distributed checkpoint", () => {
  it.each(["folder", "__0_0.distcp"])("named by the %s is refused with how to join them", async (name) => {
    const folder = join(await temporaryFolder(), "folder");
    await mkdir(folder);
    await writeFile(join(folder, ".metadata"), "\x80\x02}.");
    const part = await readFile(join(golden, "protocol-3.pt"));
    await writeFile(join(folder, "__0_0.distcp"), Buffer.concat([part, part]));
    expect(await refusal(openCheckpoint(name === "folder" ? folder : join(folder, name)))).toMatch(
      /__0_0\.distcp is a part of a distributed checkpoint of PyTorch; join its parts \(python -m torch\.distributed\.checkpoint\.format_utils dcp_to_torch FOLDER model\.pt\)/,
    );
  });
});

const attacks = JSON.parse(await readFile(join(golden, "attacks.json"), "utf8")) as Record<string, string>;
const original = await readFile(join(golden, "zip.pt"));
const legacy = await readFile(join(golden, "legacy.pt"));

/** zip.pt with some of its bytes replaced by as many others, wherever they stand. */
function altered(from: string, to: string): Buffer {
  const text = original.toString("latin1");
  expect(text.split(from).length).toBeGreaterThan(1);
  expect(to).toHaveLength(from.length);
  return Buffer.from(text.replaceAll(from, to), "latin1");
}

/** Fields of an entry of a zip archive's directory, by their place in it. */
const compressedSize = 20;
const uncompressedSize = 24;
const localHeaderOffset = 42;

/** Where the entry of the directory stands. */
function directoryEntry(index: number): number {
  let at = -1;
  for (let found = 0; found <= index; found++) at = original.indexOf("PK\x01\x02", at + 1, "latin1");
  return at;
}

function directoryField(index: number, field: number): number {
  return original.readUInt32LE(directoryEntry(index) + field);
}

function withDirectoryField(index: number, field: number, value: number): Buffer {
  const bytes = Buffer.from(original);
  bytes.writeUInt32LE(value, directoryEntry(index) + field);
  return bytes;
}

/** The storage of the first tensor with 4 bytes. */
function withStorageCutShort(): Buffer {
  const bytes = Buffer.from(original);
  const entry = bytes.lastIndexOf("zip/data/0") - 46;
  for (const field of [compressedSize, uncompressedSize]) bytes.writeUInt32LE(4, entry + field);
  return bytes;
}

describe("a file that is refused", () => {
  it.each(Object.keys(attacks))("a legacy file that pickles %s", async (name) => {
    const magic = legacy.subarray(0, legacy.indexOf("\x80\x02}q", 0, "latin1"));
    const path = await temporaryFile("model.bin", Buffer.concat([magic, Buffer.from("\x80\x02}.", "latin1"), Buffer.from(attacks[name]!, "base64"), Buffer.from("\x80\x02].", "latin1")]));
    expect(await refusal(openCheckpoint(path))).toMatch(/would run ".+" when Python loads it; don't trust this checkpoint/);
  });

  it("zip: cut anywhere", async () => {
    for (let length = 5; length < original.length; length += 97) {
      const path = await temporaryFile("model.pt", original.subarray(0, length));
      expect(await refusal(openCheckpoint(path))).toMatch(/is a damaged zip archive, perhaps cut short; get it again/);
    }
  });

  it("legacy: cut anywhere", async () => {
    for (let length = 20; length < legacy.length; length += 61) {
      const path = await temporaryFile("model.pt", legacy.subarray(0, length));
      expect(await refusal(openCheckpoint(path))).toMatch(/ends too soon|ends at byte \d+, before its data do/);
    }
  });

  it.each([
    ["a storage that is missing", altered("zip/data/0", "zip/data/x"), /the data of tensor "f32" are missing in the archive; get the file again/],
    ["an entry that is called like another", altered("zip/data/1", "zip/data/0"), /has the entry "zip\/data\/0" twice; get the file again/],
    ["no pickle", altered("zip/data.pkl", "zip/data.txt"), /is a zip archive that torch\.save did not write; unpack it/],
    ["an instruction that no pickle has", altered("ctorch._utils", "\xfftorch._utils"), /The pickle in .* has an instruction 255 that no pickle has: it is damaged/],
    ["entries that overlap", withDirectoryField(1, localHeaderOffset, directoryField(0, localHeaderOffset)), /the entry "zip\/.*" overlaps another one; get the file again/],
    ["an entry beyond the end", withDirectoryField(0, localHeaderOffset, 0x7fffffff), /is a damaged zip archive/],
    ["an entry larger than the file", withDirectoryField(2, compressedSize, 0x7fffffff), /overlaps another one|is a damaged zip archive/],
    ["a storage shorter than its tensor", withStorageCutShort(), /tensor "f32" reaches beyond the 4 bytes that are stored for it; get the file again/],
  ])("zip: %s", async (_, bytes, sentence) => {
    expect(await refusal(openCheckpoint(await temporaryFile("model.pt", bytes)))).toMatch(sentence);
  });

  it.each([
    ["big-endian.pt", /was saved on a big-endian machine; load it with PyTorch and save it anew on another/],
    ["deflated.pt", /the entry ".*" is compressed, which neither torch\.save nor Keras does; load the checkpoint where it comes from and save it anew/],
  ])("%s", async (file, sentence) => {
    expect(await refusal(openCheckpoint(join(golden, file)))).toMatch(sentence);
  });
});
