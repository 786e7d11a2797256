import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { refusal, temporaryFile, temporaryFolder } from "./files";

const enormous = 20e9;

/** A file of 20 GB that takes no room on the disk: this beginning, then zeros. */
async function enormousFile(name: string, beginning: Uint8Array | string): Promise<string> {
  const path = await temporaryFile(name, typeof beginning === "string" ? Buffer.from(beginning, "latin1") : beginning);
  const handle = await open(path, "r+");
  await handle.truncate(enormous);
  await handle.close();
  return path;
}

/** A GGUF header that claims these numbers of tensors and of metadata entries. */
function gguf(tensors: number, entries: number): Buffer {
  const header = Buffer.alloc(24);
  header.write("GGUF");
  header.writeUInt32LE(3, 4);
  header.writeBigUInt64LE(BigInt(tensors), 8);
  header.writeBigUInt64LE(BigInt(entries), 16);
  return header;
}

const legacyMagic = "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";

describe("a file of 20 GB is refused at once", () => {
  it.each([
    ["zeros that are called a checkpoint of PyTorch", "model.pt", "", /is called like a PyTorch checkpoint, but torch\.save did not write it/],
    ["zeros that are called GGUF", "model.gguf", "", /is called like a GGUF checkpoint, but is none/],
    ["zeros that are called safetensors", "model.safetensors", "", /is not valid|has no safetensors header/],
    ["a zip archive without a directory", "model.pt", "PK\x03\x04", /is a damaged zip archive, perhaps cut short/],
    ["a legacy file without content", "model.pt", legacyMagic, /has an instruction 0 that no pickle has: it is damaged/],
    ["a legacy file whose pickle never ends", "model.pt", `${legacyMagic}\x80\x02\x8d${"\xff".repeat(7)}\x00`, /is longer than the 134217728 bytes that are read/],
    ["a GGUF file of nameless tensors", "model.gguf", gguf(500_000, 0), /lists the same tensor twice/],
    ["a GGUF file of nameless metadata", "model.gguf", gguf(1, 500_000), /states the same metadata twice/],
  ])("%s", async (_, name, beginning, sentence) => {
    const opening = openCheckpoint(await enormousFile(name, beginning));
    expect(await refusal(opening)).toMatch(sentence);
  });
});

describe("what is no checkpoint, whatever it is called", () => {
  it.each(["pytorch_model.bin", "model.pt", "model.pth", "model.ckpt", "model.gguf", "model.safetensors"])("%s", async (name) => {
    const pointer = await temporaryFile(name, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    expect(await refusal(openCheckpoint(pointer))).toMatch(/Git LFS pointer, not the weights themselves; run `git lfs pull`/);
    const page = await temporaryFile(name, "\n<!DOCTYPE html><html><head>");
    expect(await refusal(openCheckpoint(page))).toMatch(/a web page; download the file itself/);
  });

  it("a folder of them", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "pytorch_model.bin"), "version https://git-lfs.github.com/spec/v1\n");
    expect(await refusal(openCheckpoint(folder))).toMatch(/pytorch_model\.bin is a Git LFS pointer/);
  });
});

/** A pickle of a dictionary with this many tensors, all views of one storage, as protocol 2 writes them. */
function picklesOfViews(count: number): Buffer {
  const text = (value: string): string => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
  const view = "h\x01(h\x02K\0K\x04\x85K\x01\x85\x89N}tR";
  const definitions = `ctorch._utils\n_rebuild_tensor_v2\nq\x010(${text("storage")}ctorch\nFloatStorage\n${text("0")}${text("cpu")}K\x04tQq\x020`;
  const entries = Array.from({ length: count }, (_, index) => text(`layers.${index}.weight`) + view).join("");
  const system = `\x80\x02}${text("little_endian")}\x88s.`;
  const data = Buffer.alloc(8 + 16);
  data.writeBigInt64LE(4n);
  return Buffer.concat([Buffer.from(`${legacyMagic}\x80\x02M\xe9\x03.${system}\x80\x02${definitions}}(${entries}u.\x80\x02]${text("0")}a.`, "latin1"), data]);
}

/** A legacy file that saves the value of these instructions of protocol 2, and no data. */
function legacyFile(instructions: string): Buffer {
  return Buffer.from(`${legacyMagic}\x80\x02M\xe9\x03.\x80\x02}.\x80\x02${instructions}.\x80\x02].`, "latin1");
}

describe("what is shared is walked through once", () => {
  const key = (name: string): string => `X${String.fromCharCode(name.length % 256, name.length >> 8)}\0\0${name}`;
  const many = Array.from({ length: 20_000 }, (_, index) => index);
  const module = (state: string): string => `cm\nM\n)\x81${state}b`;

  it.each([
    ["one module under many keys", `${module(`}(${many.map((index) => `${key(`k${index}`)}N`).join("")}u`)}q\x010}(${many.map((index) => `${key(`m${index}`)}h\x01`).join("")}u`],
    ["many modules with one dictionary", `}(${many.map((index) => `${key(`k${index}`)}N`).join("")}uq\x010}(${many.map((index) => key(`m${index}`) + module(`}${key("_modules")}h\x01s`)).join("")}u`],
    ["one dictionary under many keys", `}(${many.map((index) => `${key(`k${index}`)}N`).join("")}uq\x010}(${many.map((index) => `${key(`m${index}`)}h\x01`).join("")}u`],
    ["modules in modules, each twice", `${module("}")}q\x01${many.slice(0, 60).map(() => `0${module(`}(${key("a")}h\x01${key("b")}h\x01u`)}q\x01`).join("")}`],
  ])("%s", async (_, instructions) => {
    expect(await refusal(openCheckpoint(await temporaryFile("model.pt", legacyFile(instructions))))).toMatch(/holds no weights of a model/);
  });
});

describe("a great many tensors", () => {
  it("of one storage are read", async () => {
    const { tensors } = await openCheckpoint(await temporaryFile("model.pt", picklesOfViews(100_000)));
    expect(tensors.size).toBe(100_000);
    expect(tensors.get("layers.99999.weight")).toMatchObject({ dtype: "F32", shape: [4], length: 16 });
  });

  it("in an index of shards are looked up", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "shard.bin"), picklesOfViews(100_000));
    const names = Array.from({ length: 100_000 }, (_, index) => `layers.${index}.weight`);
    await writeFile(join(folder, "pytorch_model.bin.index.json"), JSON.stringify({ weight_map: Object.fromEntries(names.map((name) => [name, "shard.bin"])) }));
    expect((await openCheckpoint(folder)).tensors.size).toBe(100_000);
  });

  it("that an archive claims to hold are refused", async () => {
    const end = Buffer.alloc(22);
    end.write("PK\x05\x06", "latin1");
    const locator = Buffer.alloc(20);
    locator.write("PK\x06\x07", "latin1");
    locator.writeBigUInt64LE(4n, 8);
    const zip64 = Buffer.alloc(56);
    zip64.write("PK\x06\x06", "latin1");
    zip64.writeBigUInt64LE(2n ** 40n, 32);
    const path = await temporaryFile("model.pt", Buffer.concat([Buffer.from("PK\x03\x04"), zip64, locator, end]));
    expect(await refusal(openCheckpoint(path))).toMatch(/has 1099511627776 entries, more than the 100000 that are read/);
  });
});
