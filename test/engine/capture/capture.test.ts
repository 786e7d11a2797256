import { readdir } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openCapture, readBlocks, readRows } from "../../../src/engine/capture/capture-reader";
import { CaptureWriter } from "../../../src/engine/capture/capture-writer";
import type { AnnouncedNorm, CaptureDescription } from "../../../src/engine/capture/capture-writer";
import { rowsOf } from "../../../src/engine/capture/sequence-runs";
import { writeSafetensors } from "../../../src/engine/checkpoint/safetensors-writer";
import { dtypeBits } from "../../../src/shared/dtype";
import type { Dtype } from "../../../src/shared/dtype";
import { UserError } from "../../../src/shared/errors";
import { normRoles } from "../../../src/shared/norm";
import type { Norm } from "../../../src/shared/norm";
import type { ModelDescription } from "../../../src/shared/result";
import { refusal, safetensorsBytes, temporaryFile, temporaryFolder } from "../checkpoint/files";

const layerNorm: Norm = {
  name: "transformer.h.0.ln_1",
  kind: "layernorm",
  role: "attention",
  depth: 0,
  eps: 1e-5,
  axes: [-1],
  channels: 3,
  weight: new Float32Array([1, 2, 3]),
  bias: new Float32Array([0.5, 0, -0.5]),
};
const queryNorm: Norm = { name: "model.layers.1.self_attn.q_norm", kind: "rmsnorm", role: "query", depth: 1, eps: 0, axes: [-1], channels: 2, weight: new Float32Array([0.041]) };
const model: ModelDescription = { path: "m", format: "safetensors", family: "gpt2", architecture: "GPT2LMHeadModel", width: 3, depth: 2, parameters: 99, dtype: "BF16", isLanguageModel: true };

/** A writer to which all of these norms are announced at once. */
async function started(path: string, announced: readonly AnnouncedNorm[], description?: CaptureDescription): Promise<CaptureWriter> {
  const runs = Math.max(0, ...announced.map((norm) => norm.runs.length));
  const writer = await CaptureWriter.create(path, announced.map(({ norm }) => norm), runs, description);
  for (const norm of announced) await writer.announce(norm);
  return writer;
}

const counting = (count: number): Float32Array => new Float32Array(count).map((_, index) => index / 7);

describe("what CaptureWriter writes", () => {
  it("comes back: norms, weights, rows, sequences, descriptions", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "taps.safetensors");
    const announced: AnnouncedNorm[] = [
      { norm: layerNorm, runs: [{ rowsPerSequence: 2, sequences: 2 }, { rowsPerSequence: 1, sequences: 1 }], rowsPerPosition: 1, calls: 1 },
      { norm: queryNorm, runs: [{ rowsPerSequence: 4, sequences: 2 }], rowsPerPosition: 2, calls: 3 },
    ];
    const input = { kind: "text", source: "f.txt", sequences: 3, tokens: 5, sha256: "ab", seed: 0 } as const;
    const writer = await started(path, announced, { model, input });
    const rows = counting(15);
    const queries = counting(16);
    await writer.append(layerNorm.name, rows.subarray(0, 12));
    await writer.append(queryNorm.name, queries);
    await writer.append(layerNorm.name, rows.subarray(12));
    await writer.close();

    const capture = await openCapture(path);
    expect(capture.layers.map(({ norm, runs, rowsPerPosition, calls }) => ({ norm, runs, rowsPerPosition, calls }))).toEqual(announced);
    expect(capture.layers.map((layer) => layer.rows)).toEqual([5, 8]);
    expect(capture.model).toEqual({ ...model, path, format: "capture" });
    expect(capture.input).toEqual(input);
    expect(await readRows(capture.layers[0]!, 0, 5)).toEqual(rows);
    expect(await readRows(capture.layers[0]!, 3, 2)).toEqual(rows.slice(9));
    expect(await readdir(folder)).toEqual(["taps.safetensors"]);
  });

  it("comes back in blocks of whole sequences", async () => {
    const path = join(await temporaryFolder(), "taps.safetensors");
    const norm: Norm = { name: "norm", kind: "rmsnorm", role: "final", depth: 0, eps: 1e-6, axes: [-1], channels: 1024 };
    const runs = [{ rowsPerSequence: 1000, sequences: 5 }, { rowsPerSequence: 6000, sequences: 1 }, { rowsPerSequence: 7, sequences: 2 }];
    const writer = await started(path, [{ norm, runs, rowsPerPosition: 1, calls: 1 }]);
    const rows = counting(rowsOf(runs) * norm.channels);
    await writer.append("norm", rows);
    await writer.close();

    const sizes: [number, number][] = [];
    let position = 0;
    let same = true;
    for await (const block of readBlocks((await openCapture(path)).layers[0]!)) {
      sizes.push([block.rows, block.rowsPerSequence]);
      same &&= Buffer.from(block.data.buffer).equals(Buffer.from(rows.buffer, position, block.data.byteLength));
      position += block.data.byteLength;
    }
    expect(sizes).toEqual([[4000, 1000], [1000, 1000], [6000, 6000], [14, 7]]);
    expect(same && position === rows.byteLength).toBe(true);
  });

  it("holds a norm that saw nothing as a layer without rows", async () => {
    const path = join(await temporaryFolder(), "taps.safetensors");
    const writer = await started(path, [{ norm: layerNorm, runs: [], rowsPerPosition: 1, calls: 1 }]);
    await writer.close();
    const [layer] = (await openCapture(path)).layers;
    expect(layer).toMatchObject({ rows: 0, runs: [], norm: layerNorm });
    for await (const block of readBlocks(layer!)) expect.unreachable(`a block of ${block.rows} rows`);
  });

  it("is nothing where it is given up, or where rows are missing", async () => {
    const folder = await temporaryFolder();
    const announced = [{ norm: layerNorm, runs: [{ rowsPerSequence: 2, sequences: 1 }], rowsPerPosition: 1, calls: 1 }];
    const abandoned = await started(join(folder, "a.safetensors"), announced);
    await abandoned.append(layerNorm.name, counting(3));
    await abandoned.abort();
    const incomplete = await started(join(folder, "b.safetensors"), announced);
    await incomplete.append(layerNorm.name, counting(3));
    await expect(incomplete.close()).rejects.toThrow("12 bytes of transformer.h.0.ln_1.input were written, not its 24.");
    expect(await readdir(folder)).toEqual([]);
  });

  it("is refused where it can't be written", async () => {
    expect(await refusal(CaptureWriter.create(join(await temporaryFolder(), "none", "taps.safetensors"), [], 0))).toContain("Can't write");
  });
});

/** A capture as another producer might write it: one norm `h.3.norm` with an input of this shape and these parameters. */
async function foreign(options: {
  shape?: readonly number[];
  dtype?: Dtype;
  weight?: number;
  bias?: number;
  about?: Readonly<Record<string, string>>;
  metadata?: Readonly<Record<string, string>>;
}): Promise<string> {
  const { shape = [4, 2], dtype = "F32", weight, bias, about = { kind: "layernorm" }, metadata = {} } = options;
  const path = join(await temporaryFolder(), "foreign.safetensors");
  const data = new Uint8Array((shape.reduce((a, b) => a * b, 1) * dtypeBits[dtype]) / 8);
  const parameter = (name: string, length: number | undefined) =>
    length === undefined ? [] : [{ name: `h.3.norm.${name}`, dtype: "F32" as const, shape: [length], data: new Float32Array(length) }];
  await writeSafetensors(
    path,
    [{ name: "h.3.norm.input", dtype, shape, data }, ...parameter("weight", weight), ...parameter("bias", bias)],
    { ...metadata, ...Object.fromEntries(Object.entries(about).map(([key, value]) => [`h.3.norm.${key}`, value])) },
  );
  return path;
}

describe("a capture from another producer", () => {
  const only = async (path: string) => (await openCapture(path)).layers[0]!;

  it("gets the documented defaults", async () => {
    const withBias = await openCapture(await foreign({ weight: 2, bias: 2, about: {} }));
    expect(withBias.layers[0]).toMatchObject({ norm: { name: "h.3.norm", kind: "layernorm", eps: 1e-5, role: "other", depth: 3, channels: 2 }, rows: 4, calls: 1, rowsPerPosition: 1 });
    expect(withBias.layers[0]!.runs).toEqual([{ rowsPerSequence: 1, sequences: 4 }]);
    expect(withBias.model).toMatchObject({ family: "unknown", width: 0, isLanguageModel: false });
    expect(withBias.input).toBeUndefined();
    expect((await only(await foreign({ weight: 2, about: { kind: "rmsnorm" } }))).norm).toMatchObject({ kind: "rmsnorm", eps: 1e-6 });
    expect((await only(await foreign({ about: { kind: "groupnorm" } }))).norm).toMatchObject({ kind: "groupnorm", eps: 1e-5 });
  });

  it("may have an input [batch, tokens, channels], and more dimensions", async () => {
    const batched = await only(await foreign({ shape: [3, 5, 2] }));
    expect([batched.rows, batched.norm.channels, batched.runs]).toEqual([15, 2, [{ rowsPerSequence: 5, sequences: 3 }]]);
    const byHead = await only(await foreign({ shape: [3, 5, 4, 2], about: { kind: "rmsnorm" } }));
    expect(byHead).toMatchObject({ rows: 60, rowsPerPosition: 4, runs: [{ rowsPerSequence: 20, sequences: 3 }] });
    expect(await refusal(openCapture(await foreign({ shape: [1, 3, 5, 4, 2] })))).toContain("[1, 3, 5, 4, 2]");
    const heads = await only(await foreign({ shape: [3, 5, 4, 2], about: { kind: "rmsnorm", rows_per_position: "4", rows_per_sequence: "20" } }));
    expect([heads.rows, heads.rowsPerPosition, heads.runs]).toEqual([60, 4, [{ rowsPerSequence: 20, sequences: 3 }]]);
  });

  it.each(["F64", "F32", "F16", "BF16"] as const)("may store its input as %s", async (dtype) => {
    const layer = await only(await foreign({ dtype }));
    expect(await readRows(layer, 1, 2)).toEqual(new Float32Array(4));
  });

  it("may have a gain for all channels together, an eps of 0 and an unknown role", async () => {
    const { norm } = await only(await foreign({ weight: 1, about: { kind: "rmsnorm", eps: "0", role: "cross-attention" } }));
    expect([norm.weight?.length, norm.eps, norm.role]).toEqual([1, 0, "other"]);
    for (const role of normRoles) expect((await only(await foreign({ about: { kind: "rmsnorm", role } }))).norm.role).toBe(role);
  });

  it("is put in order by block, embedding norms first and nameless ones last", async () => {
    const path = join(await temporaryFolder(), "many.safetensors");
    const names = ["norm", "h.10.ln", "h.2.ln", "h.2.after", "embeddings.LayerNorm"];
    const tensors = names.map((name) => ({ name: `${name}.input`, dtype: "F32", shape: [1, 1], data: new Float32Array(1) }) as const);
    const kinds = Object.fromEntries(names.map((name) => [`${name}.kind`, "rmsnorm"]));
    await writeSafetensors(path, tensors, { ...kinds, "embeddings.LayerNorm.role": "embedding" });
    const { layers } = await openCapture(path);
    expect(layers.map(({ norm }) => [norm.name, norm.depth])).toEqual([["embeddings.LayerNorm", 0], ["h.2.ln", 2], ["h.2.after", 2], ["h.10.ln", 10], ["norm", 11]]);
  });

  it("without rows is a layer without data", async () => {
    expect(await only(await foreign({ shape: [0, 2] }))).toMatchObject({ rows: 0, runs: [] });
    expect(await only(await foreign({ shape: [3, 0, 2] }))).toMatchObject({ rows: 0, runs: [] });
  });
});

describe("a capture that is refused", () => {
  const cases: readonly [what: string, options: Parameters<typeof foreign>[0], sentence: RegExp][] = [
    ["a norm of unknown kind without bias", { weight: 2, about: {} }, /doesn't say whether "h\.3\.norm" is a LayerNorm or an RMSNorm; add the metadata "h\.3\.norm\.kind"/],
    ["a kind that is none", { about: { kind: "batchnorm" } }, /"h\.3\.norm\.kind": "batchnorm", which should be layernorm, rmsnorm or groupnorm/],
    ["a kind named like a method", { about: { kind: "toString" } }, /which should be layernorm/],
    ["a weight of another length", { weight: 3 }, /"h\.3\.norm\.weight" has 3 elements, but the input has 2 channels/],
    ["a bias of another length", { bias: 1 }, /"h\.3\.norm\.bias" has 1 elements, but the input has 2 channels/],
    ["a negative eps", { about: { kind: "layernorm", eps: "-1e-5" } }, /"h\.3\.norm\.eps": "-1e-5", which should be a number from 0 up/],
    ["an eps that is no number", { about: { kind: "layernorm", eps: "small" } }, /eps": "small"/],
    ["an infinite eps", { about: { kind: "layernorm", eps: "Infinity" } }, /eps": "Infinity"/],
    ["an empty eps", { about: { kind: "layernorm", eps: "" } }, /eps": ""/],
    ["a depth that is no number", { about: { kind: "layernorm", depth: "-1" } }, /depth": "-1", which should be a whole number from 0 up/],
    ["no calls", { about: { kind: "layernorm", calls: "0" } }, /calls": "0", which should be a whole number from 1 up/],
    ["sequences that do not add up", { about: { kind: "layernorm", rows_per_sequence: "3" } }, /rows_per_sequence": "3", which should be lengths .* add up to its 4 rows/],
    ["sequences that cut positions", { about: { kind: "layernorm", rows_per_sequence: "1", rows_per_position: "2" } }, /rows_per_sequence": "1"/],
    ["positions that do not divide the rows", { about: { kind: "layernorm", rows_per_position: "3" } }, /rows_per_position": "3", which should be a divisor of its 4 rows/],
    ["an input of one dimension", { shape: [4] }, /"h\.3\.norm\.input" has the shape \[4\], not \[tokens, channels\]/],
    ["an input without channels", { shape: [4, 0] }, /has the shape \[4, 0\]/],
    ["an input of whole numbers", { dtype: "I32" }, /"h\.3\.norm\.input" is stored as I32; capture it as F32, F16 or BF16/],
    ["another schema", { metadata: { schema: "normlens-capture/2" } }, /is of schema "normlens-capture\/2", not normlens-capture\/1/],
    ["a model that is no JSON", { metadata: { model: "{" } }, /metadata "model" that is no JSON object/],
    ["an input description that is no object", { metadata: { input: "[]" } }, /metadata "input" that is no JSON object/],
  ];

  it.each(cases)("%s", async (_, options, sentence) => {
    const path = await foreign(options);
    const message = await refusal(openCapture(path));
    expect(message).toMatch(sentence);
    expect(message).toContain(path);
  });

  it("a checkpoint without any .input", async () => {
    const path = await temporaryFile("model.safetensors", safetensorsBytes({ "h.0.ln.weight": { dtype: "F32", shape: [1], data_offsets: [0, 4] } }, 4));
    expect(await refusal(openCapture(path))).toMatch(/has no tensor NAME\.input, so it is no capture/);
  });

  it("random metadata, by nothing but a UserError", async () => {
    const keys = ["kind", "eps", "role", "depth", "calls", "rows_per_sequence", "rows_per_position"];
    const value = fc.oneof(fc.string(), fc.constantFrom("layernorm", "rmsnorm", "1", "2", "4", "2x2", "1e-5", "NaN"), fc.float().map(String));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...keys), value, { noNullPrototype: true }), async (about) => {
        const outcome = await openCapture(await foreign({ about, bias: 2 })).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(UserError);
        else expect(outcome).toMatchObject({ layers: [{ rows: 4 }] });
      }),
      { numRuns: 150 },
    );
  });
});
