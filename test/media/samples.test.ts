import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { decode } from "fast-png";
import { describe, expect, it } from "vitest";

const samples = join(import.meta.dirname, "../../media/samples");
const golden = join(import.meta.dirname, "golden");

interface Header {
  readonly dtype: string;
  readonly shape: readonly number[];
}

interface Golden {
  readonly ids?: readonly (readonly number[])[];
  readonly images?: readonly string[];
  readonly layers: readonly {
    readonly name: string;
    readonly channels: number;
    readonly tokens: number;
    readonly linear: { readonly r2: number };
    readonly fit: { readonly r2: number };
  }[];
}

function json(...path: string[]): unknown {
  return JSON.parse(readFileSync(join(...path), "utf8"));
}

function tensors(sample: string): Map<string, Header> {
  const bytes = readFileSync(join(samples, sample, "model.safetensors"));
  const header = bytes.toString("utf8", 8, 8 + Number(bytes.readBigUInt64LE(0)));
  const { __metadata__: metadata, ...entries } = JSON.parse(header) as Record<string, Header>;
  expect(metadata).toEqual({ format: "pt" });
  return new Map(Object.entries(entries));
}

function bytesBelow(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

describe.each(["gpt2", "vit"])("sample %s", (sample) => {
  const folder = join(samples, sample);

  it("stays under 3 MB with everything in its folder", () => {
    expect(bytesBelow(folder)).toBeLessThan(3_000_000);
  });

  it("holds f16 tensors only", () => {
    expect(new Set([...tensors(sample).values()].map(({ dtype }) => dtype))).toEqual(new Set(["F16"]));
  });

  it("comes with the script that trained it and a description", () => {
    expect(readFileSync(join(folder, "train.py"), "utf8")).toMatch(/manual_seed\(\d/);
    expect(readFileSync(join(folder, "README.md"), "utf8")).toMatch(/Licence/);
  });

  it("has a golden entry for each of its norms, most of them S-shaped", () => {
    const { layers } = json(golden, `${sample}.json`) as Golden;
    const norms = [...tensors(sample).keys()].filter((name) => /(ln_\w+|layernorm\w*)\.weight$/.test(name));
    expect(layers.map(({ name }) => `${name}.weight`).sort()).toEqual(norms.sort());
    const bent = layers.filter(({ linear, fit }) => linear.r2 < 0.92 && fit.r2 > linear.r2 + 0.02);
    expect(bent.length).toBeGreaterThanOrEqual(10);
  });
});

describe("the language model", () => {
  const folder = join(samples, "gpt2");
  const config = json(folder, "config.json") as Record<string, number>;
  const width = config["n_embd"]!;

  it("is a GPT2LMHeadModel with tied embeddings, named as transformers names it", () => {
    expect(config).toMatchObject({ model_type: "gpt2", architectures: ["GPT2LMHeadModel"], layer_norm_epsilon: 1e-5 });
    const found = tensors("gpt2");
    expect(found.get("transformer.wte.weight")?.shape).toEqual([config["vocab_size"], width]);
    expect(found.get("transformer.wpe.weight")?.shape).toEqual([config["n_positions"], width]);
    expect(found.get("transformer.h.0.attn.c_attn.weight")?.shape).toEqual([width, 3 * width]);
    expect(found.get("transformer.ln_f.bias")?.shape).toEqual([width]);
    expect(found.has("lm_head.weight")).toBe(false);
    expect(found.size).toBe(4 + 12 * config["n_layer"]!);
  });

  it("has a tokenizer with as many tokens as the embedding has rows", () => {
    const tokenizer = json(folder, "tokenizer.json") as { model: { type: string; vocab: Record<string, number> } };
    expect(tokenizer.model.type).toBe("BPE");
    expect(Object.keys(tokenizer.model.vocab)).toHaveLength(config["vocab_size"]!);
    expect(existsSync(join(folder, "tokenizer_config.json"))).toBe(true);
  });

  it("has about 20 kB of text that it was not trained on", () => {
    const size = statSync(join(folder, "calibration.txt")).size;
    expect(size).toBeGreaterThan(15_000);
    expect(size).toBeLessThan(25_000);
  });

  it("has golden token ids within the vocabulary", () => {
    const { ids, layers } = json(golden, "gpt2.json") as Golden;
    expect(ids?.map((sequence) => sequence.length)).toEqual([128, 128]);
    expect(Math.max(...ids!.flat())).toBeLessThan(config["vocab_size"]!);
    expect(layers.every(({ channels, tokens }) => channels === width && tokens === 256)).toBe(true);
  });
});

describe("the classifier", () => {
  const folder = join(samples, "vit");
  const config = json(folder, "config.json") as Record<string, number>;
  const pictures = readdirSync(join(folder, "images")).sort();

  it("is a ViTForImageClassification of ten digits, named as transformers names it", () => {
    expect(config).toMatchObject({ model_type: "vit", architectures: ["ViTForImageClassification"], layer_norm_eps: 1e-12 });
    const found = tensors("vit");
    const width = config["hidden_size"]!;
    const patch = config["patch_size"]!;
    const patches = (config["image_size"]! / patch) ** 2;
    expect(found.get("vit.embeddings.position_embeddings")?.shape).toEqual([1, patches + 1, width]);
    expect(found.get("vit.embeddings.patch_embeddings.projection.weight")?.shape).toEqual([width, 3, patch, patch]);
    expect(found.get("vit.layernorm.weight")?.shape).toEqual([width]);
    expect(found.get("classifier.weight")?.shape).toEqual([10, width]);
    expect(found.size).toBe(8 + 16 * config["num_hidden_layers"]!);
  });

  it("says how a picture is prepared", () => {
    expect(json(folder, "preprocessor_config.json")).toMatchObject({
      image_processor_type: "ViTImageProcessor",
      size: { height: config["image_size"], width: config["image_size"] },
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.5, 0.5, 0.5],
    });
  });

  it("has 24 pictures of its own size", () => {
    expect(pictures).toHaveLength(24);
    for (const picture of pictures) {
      const { width, height, channels, depth } = decode(readFileSync(join(folder, "images", picture)));
      const side = config["image_size"];
      expect({ width, height, channels, depth }).toEqual({ width: side, height: side, channels: 3, depth: 8 });
    }
  });

  it("has golden numbers of pictures that are there", () => {
    const { images, layers } = json(golden, "vit.json") as Golden;
    expect(images).toEqual(pictures.slice(0, 4));
    const rows = 4 * ((config["image_size"]! / config["patch_size"]!) ** 2 + 1);
    expect(layers.every(({ channels, tokens }) => channels === config["hidden_size"] && tokens === rows)).toBe(true);
  });
});
