import { createHash } from "node:crypto";
import { copyFile, lstat, mkdir, readdir, readFile, readlink, stat, symlink, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { convertCheckpoint } from "../../../src/engine/convert/convert";
import { writeSafetensors } from "../../../src/engine/checkpoint/safetensors-writer";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { readTensor } from "../../../src/engine/checkpoint/tensor-data";
import { CancelledError } from "../../../src/shared/errors";
import { refusal, temporaryFolder } from "../checkpoint/files";
import { context, conversionRefusal, convert, golden, request, storedTensors, valuesFile } from "./conversion";

const gpt2 = join(golden, "gpt2-hf");
const values = (): Promise<string> => valuesFile({ "transformer.ln_f.alpha": [0.5], "transformer.h.0.ln_1.alpha": [0.5] });

/** What a folder holds, in whatever depth: hash, size and times of files, targets of links. */
async function contentsOf(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return new Map(await Promise.all(entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const { mtimeMs, size, mode } = await lstat(path);
    const hash = entry.isFile() ? createHash("sha256").update(await readFile(path)).digest("hex") : "";
    return [path, [mode, size, mtimeMs, hash].join(" ")] as const;
  })));
}

/** gpt2-hf in two shards as the hub's cache has it: a snapshot of links into a folder of blobs. */
async function cached(): Promise<{ cache: string; snapshot: string }> {
  const cache = join(await temporaryFolder(), "models--somebody--gpt2");
  const [blobs, snapshot] = [join(cache, "blobs"), join(cache, "snapshots", "0a1b2c")];
  await mkdir(blobs, { recursive: true });
  await mkdir(snapshot, { recursive: true });
  const add = async (name: string, write: (path: string) => Promise<void>): Promise<void> => {
    const blob = createHash("sha256").update(name).digest("hex");
    await write(join(blobs, blob));
    await symlink(join("../../blobs", blob), join(snapshot, name));
  };
  const { tensors } = await openCheckpoint(gpt2);
  const floats = [...tensors.values()].filter(({ dtype }) => dtype === "F32");
  const shardOf = (name: string): string => `model-0000${/h\.1|ln_f/.test(name) ? 2 : 1}-of-00002.safetensors`;
  for (const shard of new Set(floats.map(({ name }) => shardOf(name)))) {
    const inside = await Promise.all(floats.filter(({ name }) => shardOf(name) === shard).map(async (tensor) => ({ ...tensor, data: await readTensor(tensor) })));
    await add(shard, (path) => writeSafetensors(path, inside));
  }
  await add("model.safetensors.index.json", (path) => writeFile(path, JSON.stringify({ metadata: {}, weight_map: Object.fromEntries(floats.map(({ name }) => [name, shardOf(name)])) })));
  await add("config.json", (path) => copyFile(join(gpt2, "config.json"), path));
  await add("tokenizer_config.json", (path) => writeFile(path, "{}"));
  return { cache, snapshot };
}

describe("a cache of the hub", () => {
  test("becomes files of its own, under the names of the links, and stays as it is", async () => {
    const { cache, snapshot } = await cached();
    const before = await contentsOf(cache);
    const { target, files } = await convert(snapshot, { values: await values() });
    expect(await contentsOf(cache)).toEqual(before);
    expect(files).toEqual(["README.md", "config.json", "dyt.py", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json", "tokenizer_config.json"]);
    for (const name of files) {
      const status = await lstat(join(target, name));
      expect([status.isFile(), status.nlink], name).toEqual([true, 1]);
    }
    const [original, converted] = [await storedTensors(snapshot), await storedTensors(target)];
    for (const [name, tensor] of original) if (!/ln_f|h\.0\.ln_1/.test(name)) expect(converted.get(name), name).toEqual(tensor);
  });

  test("in which something is missing is refused by the name of the link, and nothing is left", async () => {
    const sentences = {
      "config.json": "Can't read LINK: it is a link to BLOB, which is not there; get that file, or remove the link.",
      "tokenizer_config.json": "Can't read LINK: it is a link to BLOB, which is not there; get that file, or remove the link.",
      "model-00002-of-00002.safetensors": "INDEX names the shard LINK, which is missing; get it and put it there.",
    };
    for (const [name, sentence] of Object.entries(sentences)) {
      const { cache, snapshot } = await cached();
      const [link, blob] = [join(snapshot, name), await readlink(join(snapshot, name))];
      await unlink(join(snapshot, blob));
      const before = await contentsOf(cache);
      const message = await conversionRefusal(snapshot, { values: await values() });
      expect(message.replace(link, "LINK").replace(blob, "BLOB").replace(join(snapshot, "model.safetensors.index.json"), "INDEX")).toBe(sentence);
      expect(await contentsOf(cache)).toEqual(before);
    }
  });

  test("with links that lead nowhere beside the model is converted without them", async () => {
    const { snapshot } = await cached();
    for (const name of ["adapter.safetensors", "notes.txt"]) await symlink("nowhere", join(snapshot, name));
    const { files } = await convert(snapshot, { values: await values() });
    expect(files).toContain("model-00002-of-00002.safetensors");
    expect(files).not.toContain("notes.txt");
  });
});

describe("an original stays as it is, to the byte and to the second", () => {
  /** Folders with a model in each way of storing one that conversions write differently. */
  const originals: Readonly<Record<string, (folder: string) => Promise<string>>> = {
    safetensors: async (folder) => {
      for (const name of ["config.json", "model.safetensors"]) await copyFile(join(gpt2, name), join(folder, name));
      return folder;
    },
    gguf: async (folder) => {
      await copyFile(join(import.meta.dirname, "../checkpoint/golden/llama-hf.gguf"), join(folder, "model.gguf"));
      return join(folder, "model.gguf");
    },
    onnx: async (folder) => {
      await copyFile(join(import.meta.dirname, "../graph/exported/layernorm-traced-11-half.onnx"), join(folder, "model.onnx"));
      return join(folder, "model.onnx");
    },
  };

  test.each(Object.entries(originals))("%s, converted, refused and stopped", async (_, make) => {
    const folder = join(await temporaryFolder(), "original");
    await mkdir(folder);
    const path = await make(folder);
    const before = await contentsOf(folder);
    const { layers } = await convert(path);
    expect(layers.length).toBeGreaterThan(3);
    await conversionRefusal(path, { layers: ["no such norm"] });
    const asked = await request(path);
    const stop = new AbortController();
    await expect(convertCheckpoint(asked, { ...context, signal: stop.signal, onProgress: ({ phase }) => { if (phase === "fit") stop.abort(); } })).rejects.toBeInstanceOf(CancelledError);
    expect(await readdir(dirname(asked.target))).toEqual([]);
    expect(await contentsOf(folder)).toEqual(before);
  });

  test("into itself nothing is converted", async () => {
    const folder = join(await temporaryFolder(), "original");
    await mkdir(folder);
    await originals["safetensors"]!(folder);
    const before = await contentsOf(folder);
    expect(await refusal(convertCheckpoint(await request(folder, { target: folder }), context))).toContain(`${folder} exists already`);
    expect(await contentsOf(folder)).toEqual(before);
    expect((await stat(folder)).isDirectory()).toBe(true);
  });
});
