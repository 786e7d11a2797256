import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { isJsonObject } from "../../../src/engine/checkpoint/json";
import { readTensor } from "../../../src/engine/checkpoint/tensor-data";
import { fixtures, haveFixtures } from "./files";

const range = (values: Float32Array): [number, number] => [Math.min(...values), Math.max(...values)];

describe.skipIf(!haveFixtures)("real checkpoints (skipped where ../shared/fixtures is absent)", () => {
  it("stories260K: names, shapes, and gains in the ranges that are known", async () => {
    const { tensors, config } = await openCheckpoint(join(fixtures, "stories260K/hf"));
    expect(tensors.size).toBe(47);
    expect(config?.["rms_norm_eps"]).toBe(1e-5);
    expect(tensors.get("model.layers.4.mlp.down_proj.weight")?.shape).toEqual([64, 172]);

    const gains = async (suffix: string): Promise<[number, number]> => {
      const found = [...tensors.values()].filter(({ name }) => name.endsWith(suffix));
      const values = await Promise.all(found.map(readTensor));
      return range(Float32Array.from(values.flatMap((part) => [...part])));
    };
    const expectRange = ([low, high]: [number, number], [expectedLow, expectedHigh]: [number, number]): void => {
      expect(low).toBeCloseTo(expectedLow, 2);
      expect(high).toBeCloseTo(expectedHigh, 2);
    };
    expectRange(await gains(".input_layernorm.weight"), [0.49, 2.79]);
    expectRange(await gains(".post_attention_layernorm.weight"), [0.36, 1.33]);
    expectRange(await gains("model.norm.weight"), [0.97, 4.43]);
  });

  it("gpt-nano-sort: every tensor bit for bit as it was published", async () => {
    const { tensors } = await openCheckpoint(join(fixtures, "gpt-nano-sort"));
    const published: unknown = JSON.parse(await readFile(join(fixtures, "gpt-nano-sort/model.json"), "utf8"));
    if (!isJsonObject(published)) throw new Error("model.json is not an object");
    const entries = Object.entries(published).filter(([name]) => name !== "config");
    expect(new Set(tensors.keys())).toEqual(new Set(entries.map(([name]) => name)));
    for (const [name, entry] of entries) {
      if (!isJsonObject(entry) || typeof entry["data"] !== "string") throw new Error(`${name} has no data`);
      const tensor = tensors.get(name)!;
      expect(tensor.shape).toEqual(entry["shape"]);
      const values = await readTensor(tensor);
      expect(Buffer.from(values.buffer).equals(Buffer.from(entry["data"], "base64"))).toBe(true);
    }
    expect([...tensors.keys()].filter((name) => /\.ln_\w+\.weight$/.test(name))).toHaveLength(7);
  });

  it("retsim: scalar gains", async () => {
    const { tensors, config } = await openCheckpoint(join(fixtures, "retsim"));
    expect(config).toBeUndefined();
    expect(tensors.size).toBe(23);
    const gains = await Promise.all([0, 1].map((layer) => readTensor(tensors.get(`gau_layers.${layer}.norm.scale`)!)));
    expect(gains.map(([gain]) => Number(gain!.toFixed(3)))).toEqual([0.041, 0.048]);
    expect(tensors.get("gau_layers.0.norm.scale")?.shape).toEqual([]);
    expect(tensors.get("gau_layers.0.gamma")?.shape).toEqual([2, 128]);
  });

  it.each([
    ["stories260K/hf", "safetensors"],
    ["stories260K/stories260K.pt", "torch"],
    ["stories260K/stories260K-q8_0.gguf", "gguf"],
    ["rxnmapper-albert", "torch"],
    ["magika", "onnx"],
  ])("%s is of the format %s", async (path, format) => {
    expect((await openCheckpoint(join(fixtures, path))).format).toBe(format);
  });
});
