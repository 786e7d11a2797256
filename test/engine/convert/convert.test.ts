import { copyFile, mkdir, readFile, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { analyzeCheckpoint } from "../../../src/engine/analyze";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { readSafetensorsHeader } from "../../../src/engine/checkpoint/safetensors-header";
import { writeSafetensors } from "../../../src/engine/checkpoint/safetensors-writer";
import { readBytes, readTensor } from "../../../src/engine/checkpoint/tensor-data";
import { writeResult } from "../../../src/engine/result-file";
import { fixtures, haveFixtures, temporaryFolder } from "../checkpoint/files";
import { context, convert, golden, numbers, request, storedTensors, valuesFile } from "./conversion";

const gpt2 = join(golden, "gpt2-hf");

describe("a converted checkpoint", () => {
  test("has the fitted alpha, weight and bias of every norm, and everything else byte for byte", async () => {
    const asked = await request(gpt2);
    const { target, layers, kept, files, bytes } = await convert(gpt2, { target: asked.target });
    const { result, measured } = await analyzeCheckpoint(asked.analysis, context);
    const [before, after] = [await storedTensors(gpt2), await storedTensors(target)];
    expect(kept).toEqual([]);
    expect(layers.map(({ name, alpha, r2 }) => ({ name, alpha, r2 }))).toEqual(result.layers.map(({ name, perChannel }) => ({ name, alpha: perChannel.alpha, r2: perChannel.r2 })));
    for (const { layer, channelFit } of measured) {
      expect(await numbers(target, `${layer.name}.alpha`)).toEqual([Math.fround(channelFit.alpha)]);
      expect(await numbers(target, `${layer.name}.weight`)).toEqual(Array.from(channelFit.gain));
      expect(await numbers(target, `${layer.name}.bias`)).toEqual(Array.from(channelFit.offset));
    }
    const isNorm = (name: string): boolean => layers.some((layer) => name.startsWith(`${layer.name}.`));
    const others = [...before].filter(([name]) => !isNorm(name));
    expect(others.length).toBeGreaterThan(10);
    expect(new Map([...after].filter(([name]) => !isNorm(name)))).toEqual(new Map(others));
    expect([...after.values()].reduce((sum, tensor) => sum + tensor.bytes.length, 0)).toBe(bytes);
    expect(files).toEqual((await readdir(target)).sort());
    expect(files).toEqual(["README.md", "config.json", "dyt.py", "model.safetensors"]);
  });

  test("keeps the text of its configuration, with a note", async () => {
    const { target } = await convert(gpt2);
    const text = await readFile(join(target, "config.json"), "utf8");
    expect(text.startsWith((await readFile(join(gpt2, "config.json"), "utf8")).trimEnd().slice(0, -1).trimEnd())).toBe(true);
    const { normlens, ...rest } = JSON.parse(text) as { normlens: { curve: string; layers: string[] } };
    expect(rest).toEqual(JSON.parse(await readFile(join(gpt2, "config.json"), "utf8")));
    expect(normlens.curve).toBe("tanh");
    expect(normlens.layers).toHaveLength(5);
    expect(normlens.layers).toContain("transformer.ln_f");
  });

  test.each(["nanogpt", "dit-original", "llama-meta"])("of %s, whose configuration names no class, is read again", async (name) => {
    const { target, layers } = await convert(join(golden, name));
    const { result } = await analyzeCheckpoint({ ...(await request(target)).analysis }, context);
    expect(result.layers.filter(({ trained }) => trained).map((layer) => layer.name)).toEqual(layers.map((layer) => layer.name));
  });

  test("has a card that tells method, data and numbers", async () => {
    const { target, layers } = await convert(gpt2);
    const card = await readFile(join(target, "README.md"), "utf8");
    expect(card).toContain("# gpt2-hf with DyT in the place of its norms");
    expect(card).toMatch(/come by least squares: each layer fitted by itself to what the norm gave; on \d+ tokens in \d+ sequences of `random` \(seed 0, SHA-256 of the input as it was fed [0-9a-f]{64}\)/);
    expect(card).toContain("model = dyt.load");
    for (const { name } of layers) expect(card).toContain(`| \`${name}\` |`);
    expect(card.match(/\| 0\.\d{4} \|\n/g)).toHaveLength(layers.length);
  });

  test("brings tokenizer, settings and licence along, and nothing else", async () => {
    const folder = join(await temporaryFolder(), "model");
    await mkdir(folder);
    for (const name of ["config.json", "model.safetensors"]) await copyFile(join(gpt2, name), join(folder, name));
    const companions = ["LICENSE.txt", "generation_config.json", "merges.txt", "special_tokens_map.json", "tokenizer.model", "vocab.json"];
    for (const name of [...companions, "README.md", "optimizer.pt", "pytorch_model.bin", "trainer_state.json", "run.normlens.json", "tokenizer.bin"]) await writeFile(join(folder, name), name);
    await mkdir(join(folder, "tokenizer"));
    await symlink(join(folder, "vocab.json"), join(folder, "vocab.txt"));
    const { target, files } = await convert(folder);
    expect(files).toEqual(["README.md", "config.json", "dyt.py", "model.safetensors", "vocab.txt", ...companions].sort());
    expect(await readFile(join(target, "vocab.txt"), "utf8")).toBe("vocab.json");
    expect(await readFile(join(target, "README.md"), "utf8")).not.toBe("README.md");
  });

  test("is sharded as the original, with every new tensor beside what it replaces", async () => {
    const folder = await temporaryFolder();
    const { tensors } = await openCheckpoint(gpt2);
    const shardOf = (name: string): string => (/h\.1|ln_f/.test(name) ? "weights-b.safetensors" : "weights-a.safetensors");
    for (const shard of ["weights-a.safetensors", "weights-b.safetensors"]) {
      const inside = [...tensors.values()].filter(({ name, dtype }) => shardOf(name) === shard && dtype === "F32");
      await writeSafetensors(join(folder, shard), await Promise.all(inside.map(async (tensor) => ({ ...tensor, data: await readTensor(tensor) }))));
    }
    const names = [...tensors.values()].filter(({ dtype }) => dtype === "F32").map(({ name }) => name);
    await writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify({ metadata: {}, weight_map: Object.fromEntries(names.map((name) => [name, shardOf(name)])) }));
    await copyFile(join(gpt2, "config.json"), join(folder, "config.json"));
    const { target, files, bytes } = await convert(folder);
    expect(files).toEqual(["README.md", "config.json", "dyt.py", "model.safetensors.index.json", "weights-a.safetensors", "weights-b.safetensors"]);
    const index = JSON.parse(await readFile(join(target, "model.safetensors.index.json"), "utf8")) as { metadata: { total_size: number }; weight_map: Record<string, string> };
    expect(index.metadata.total_size).toBe(bytes);
    const after = (await openCheckpoint(target)).tensors;
    expect(Object.keys(index.weight_map).sort()).toEqual([...after.keys()].sort());
    for (const name of after.keys()) expect(index.weight_map[name], name).toBe(shardOf(name));
    expect(after.has("transformer.ln_f.alpha")).toBe(true);
  });

  test("has a bias also where the norms had none, and the complete gain where weights are stored less 1", async () => {
    for (const [name, norm, offset] of [["llama-hf", "model.norm", 0], ["gemma-hf", "model.norm", 1]] as const) {
      const alphas = join(await temporaryFolder(), "alphas.json");
      await writeFile(alphas, JSON.stringify({ [norm]: 0.25 }));
      const { target, layers, kept } = await convert(join(golden, name), { values: alphas });
      expect(layers).toMatchObject([{ name: norm, role: "final", alpha: 0.25 }]);
      expect(kept.map(({ reason }) => reason)).toEqual(kept.map(() => "there are no values for it"));
      expect(await numbers(target, `${norm}.alpha`)).toEqual([0.25]);
      expect(await numbers(target, `${norm}.weight`)).toEqual((await numbers(join(golden, name), `${norm}.weight`)).map((weight) => Math.fround(weight + offset)));
      expect(new Set(await numbers(target, `${norm}.bias`))).toEqual(new Set([0]));
    }
  });

  test("keeps the dtype of what stays, and float32 for what is new", async () => {
    const { target } = await convert(join(golden, "llama-hf-bf16"));
    const tensors = await storedTensors(target);
    expect(tensors.get("model.embed_tokens.weight")!.dtype).toBe("BF16");
    expect(["alpha", "weight", "bias"].map((part) => tensors.get(`model.norm.${part}`)!.dtype)).toEqual(["F32", "F32", "F32"]);
  });

  test("has one layer where blocks share their norms, and none of the old spelling where norms had gamma and beta", async () => {
    const albert = await convert(join(golden, "albert-hf"));
    expect(albert.layers).toHaveLength(new Set(albert.layers.map(({ name }) => name)).size);
    const bert = await convert(join(golden, "bert-gamma-beta"));
    const names = [...(await openCheckpoint(bert.target)).tensors.keys()];
    expect(names.filter((name) => /gamma|beta/.test(name))).toEqual([]);
    for (const { name } of bert.layers) expect(names).toContain(`${name}.weight`);
  });

  test("keeps group norms", async () => {
    const { layers, kept } = await convert(join(golden, "wav2vec2-hf"));
    expect(kept).toEqual([{ name: "wav2vec2.feature_extractor.conv_layers.0.layer_norm", reason: "it is a group norm, whose rows are more than channels" }]);
    expect(layers.length).toBeGreaterThan(4);
  });

  test("keeps what was not asked for", async () => {
    const byRole = await convert(gpt2, { roles: ["final"] });
    expect(byRole.layers.map(({ name }) => name)).toEqual(["transformer.ln_f"]);
    expect(byRole.kept).toHaveLength(4);
    const [before, after] = [await storedTensors(gpt2), await storedTensors(byRole.target)];
    for (const { name } of byRole.kept) expect(after.get(`${name}.weight`)).toEqual(before.get(`${name}.weight`));
    const byName = await convert(gpt2, { layers: ["transformer.h.0.ln_1", "transformer.h.1.ln_2"] });
    expect(byName.layers.map(({ name }) => name)).toEqual(["transformer.h.0.ln_1", "transformer.h.1.ln_2"]);
    expect(await readFile(join(byName.target, "README.md"), "utf8")).toContain("| `transformer.ln_f` | it was not asked for |");
  });

  test("has the names of x-transformers and of Liger where they are asked for", async () => {
    const shapes = async (target: string): Promise<Record<string, readonly number[]>> =>
      Object.fromEntries([...(await openCheckpoint(target)).tensors.values()].filter(({ name }) => name.startsWith("transformer.ln_f.")).map(({ name, shape }) => [name, shape]));
    expect(await shapes((await convert(gpt2, { names: "x-transformers" })).target)).toEqual({ "transformer.ln_f.pre_tanh_scale": [], "transformer.ln_f.gamma": [16], "transformer.ln_f.beta": [16] });
    expect(await shapes((await convert(gpt2, { names: "liger" })).target)).toEqual({ "transformer.ln_f.alpha": [1], "transformer.ln_f.gamma": [16], "transformer.ln_f.beta": [16] });
  });

  test("has the values that were given, those of erf with their shift", async () => {
    const weight = Array.from({ length: 16 }, (_, index) => index / 16);
    const values = await valuesFile({ "transformer.ln_f.alpha": [0.5], "transformer.ln_f.weight": weight, "transformer.ln_f.shift": [0.125] });
    const { target, source } = await convert(gpt2, { values });
    expect(source).toEqual({ kind: "file", path: values });
    expect(await numbers(target, "transformer.ln_f.weight")).toEqual(weight);
    expect(await numbers(target, "transformer.ln_f.bias")).toEqual(await numbers(gpt2, "transformer.ln_f.bias"));
    expect(await numbers(target, "transformer.ln_f.shift")).toEqual([0.125]);
    expect((JSON.parse(await readFile(join(target, "config.json"), "utf8")) as { normlens: { curve: string } }).normlens.curve).toBe("erf");
    expect(await readFile(join(target, "README.md"), "utf8")).toContain("erf(alpha * x + shift)");
  });

  test("has the curve that the values' file states, and says so in turn", async () => {
    const values = await valuesFile({ "transformer.ln_f.alpha": [0.5] }, { curve: "isru" });
    const { target } = await convert(gpt2, { values });
    expect((await readSafetensorsHeader(join(target, "model.safetensors"))).metadata).toEqual(new Map([["format", "pt"], ["curve", "isru"]]));
    expect((JSON.parse(await readFile(join(target, "config.json"), "utf8")) as { normlens: { curve: string } }).normlens.curve).toBe("isru");
    expect(await readFile(join(target, "README.md"), "utf8")).toContain("ISRU in the place of its norms");
    const { result } = await analyzeCheckpoint((await request(target)).analysis, context);
    expect(result.layers.filter(({ trained }) => trained).map(({ name, kind, trained }) => [name, kind, trained!.alpha])).toEqual([["transformer.ln_f", "isru", 0.5]]);
    const again = await convert(gpt2, { values: target });
    expect(await storedTensors(again.target)).toEqual(await storedTensors(target));
    expect((await readSafetensorsHeader(join(again.target, "model.safetensors"))).metadata.get("curve")).toBe("isru");
  });

  test.each(["r.normlens.json", "r.json"])("is a tanh in the file beside the result %s, as that states", async (name) => {
    const folder = await temporaryFolder();
    const path = join(folder, name);
    const analysis = await analyzeCheckpoint((await request(gpt2)).analysis, context);
    const [, weights] = await writeResult(path, analysis);
    expect((await readSafetensorsHeader(weights!)).metadata.get("curve")).toBe("tanh");
    const { layers, target } = await convert(gpt2, { values: path });
    expect(layers).toHaveLength(5);
    expect(await readFile(join(target, "README.md"), "utf8")).toContain("R²");
  });

  test.each(["llama-hf.gguf", "gpt2-hf.gguf"])("is written as safetensors: %s", async (name) => {
    await expectSameNumbers(join(import.meta.dirname, "../checkpoint/golden", name));
  });

  test.skipIf(!haveFixtures).each(["stories260K.pt", "stories260K-q8_0.gguf"])(`is written as safetensors: %s${haveFixtures ? "" : " (no fixtures beside the project)"}`, async (name) => {
    await expectSameNumbers(join(fixtures, "stories260K", name));
  });
});

/** Converts a checkpoint of any format; what is no norm has the same numbers under the same names. */
async function expectSameNumbers(path: string): Promise<void> {
  const { target, layers } = await convert(path);
  const [before, after] = [await openCheckpoint(path), await openCheckpoint(target)];
  expect(after.format).toBe("safetensors");
  const others = [...before.tensors.values()].filter((tensor) => !layers.some(({ name }) => tensor.name.startsWith(`${name}.`)));
  expect(others.length).toBeGreaterThan(5);
  expect(after.tensors.size).toBe(others.length + 3 * layers.length);
  for (const tensor of others) {
    const copied = after.tensors.get(tensor.name)!;
    expect(copied.shape).toEqual(tensor.shape);
    expect(copied.encoding).toBeUndefined();
    expect(await readBytes(copied), tensor.name).toEqual(await readBytes(tensor));
  }
}
