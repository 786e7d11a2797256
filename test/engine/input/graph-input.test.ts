import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CalibrationInput, GraphFeed, InputChoice, InputOptions } from "../../../src/engine/input/input";
import { prepareInput } from "../../../src/engine/input/prepare";
import type { Tensor } from "../../../src/engine/tensor";
import { UserError } from "../../../src/shared/errors";
import { temporaryFile, temporaryFolder } from "../checkpoint/files";

const feed = (name: string, type: GraphFeed["type"], shape: GraphFeed["shape"], bound?: number): GraphFeed => ({ name, type, shape, ...(bound !== undefined && { bound }) });

async function prepare(feeds: readonly GraphFeed[], choice: InputChoice, more: Partial<InputOptions> = {}): Promise<CalibrationInput> {
  return prepareInput({ modality: "graph", feeds }, await temporaryFolder(), { choice, maxTokens: 40, seed: 1, ...more });
}

const random: InputChoice = { kind: "random" };
const numbers = (tensor: Tensor | undefined): number[] => Array.from(tensor?.data ?? [], Number);

/** An .npy file as numpy.save writes it. */
function npy(descr: string, shape: readonly number[], data: Uint8Array): Promise<string> {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(", ")}${shape.length === 1 ? "," : ""}), }`;
  const padded = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11) + "\n";
  const preamble = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 255, padded.length >> 8]);
  return temporaryFile("array.npy", Buffer.concat([preamble, Buffer.from(padded), data]));
}

const bert = [
  feed("input_ids", "int64", ["batch", "sequence"], 30),
  feed("attention_mask", "int64", ["batch", "sequence"]),
  feed("token_type_ids", "int64", ["batch", "sequence"], 2),
  feed("position_ids", "int64", ["batch", "sequence"], 16),
];

describe("input made from what a graph declares", () => {
  test("is ids below the table's size, a mask of ones, one segment, positions in order", async () => {
    const { batches, description } = await prepare(bert, random, { sequenceLength: 8 });
    expect(description).toMatchObject({ kind: "random", sequences: 5, tokens: 40 });
    for (const { feeds, sequences, sequenceLength } of batches) {
      expect([sequences, sequenceLength]).toEqual([1, 8]);
      for (const { shape } of Object.values(feeds)) expect(shape).toEqual([1, 8]);
      expect(numbers(feeds["input_ids"]).every((id) => id >= 0 && id < 30)).toBe(true);
      expect(numbers(feeds["attention_mask"])).toEqual(Array(8).fill(1));
      expect(numbers(feeds["token_type_ids"])).toEqual(Array(8).fill(0));
      expect(numbers(feeds["position_ids"])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    }
    expect(new Set(batches.map(({ feeds }) => numbers(feeds["input_ids"]).join())).size).toBe(5);
  });

  test("has the length that the graph states, and no other", async () => {
    const fixed = [feed("idx", "int64", [1, 6], 3)];
    const { batches } = await prepare(fixed, random);
    expect(batches).toHaveLength(6);
    expect(batches.every(({ feeds }) => feeds["idx"]!.shape.join() === "1,6")).toBe(true);
    expect((await prepare(fixed, random, { maxTokens: 4 })).batches).toHaveLength(1);
    await expect(prepare(fixed, random, { sequenceLength: 5 })).rejects.toThrow(/takes sequences of 6 tokens and no others/);
  });

  test("is pictures with their channels where the graph has them", async () => {
    const images: InputChoice = { kind: "default" };
    const [second, last] = await Promise.all([["batch", 3, 6, 4], ["batch", 6, 4, 3]].map((shape) => prepare([feed("image", "float32", shape)], images)));
    const [before, after] = [second!.batches[0]!.feeds["image"]!, last!.batches[0]!.feeds["image"]!];
    expect([before.shape, after.shape]).toEqual([[1, 3, 6, 4], [1, 6, 4, 3]]);
    const [stored, turned] = [numbers(before), numbers(after)];
    expect(new Set(stored).size).toBeGreaterThan(20);
    for (let channel = 0; channel < 3; channel++) for (let pixel = 0; pixel < 24; pixel++) expect(turned[pixel * 3 + channel]).toBe(stored[channel * 24 + pixel]);
  });

  test("fills a batch that the graph states with different sequences", async () => {
    for (const maxTokens of [8, 24]) {
      const { batches, description, warnings } = await prepare([feed("ids", "int64", [3, 4], 9)], random, { maxTokens });
      expect(batches).toHaveLength(maxTokens === 8 ? 1 : 2);
      expect(description).toMatchObject({ sequences: 3 * batches.length, tokens: 12 * batches.length });
      const fed = batches.flatMap(({ feeds }) => [0, 4, 8].map((start) => numbers(feeds["ids"]).slice(start, start + 4).join()));
      expect(new Set(fed).size).toBe(fed.length);
      expect(batches[0]!.feeds["ids"]!.shape).toEqual([3, 4]);
      expect(warnings).toEqual([]);
    }
  });

  test("is refused where it would be larger than any machine's memory", async () => {
    await expect(prepare([feed("waves", "float32", [1, 2 ** 40, 16])], random)).rejects.toThrow(/^The input "waves" of the graph takes 1 x 1099511627776 x 16 values, more than are made up/);
  });

  test("caches nothing, and masks what is cached beside what is new", async () => {
    const { batches } = await prepare([...bert.slice(0, 1), feed("attention_mask", "int64", ["batch", "past_sequence_length + sequence"]), feed("past_key_values.0.key", "float32", ["batch", 2, "past_sequence_length", 4])], random, { sequenceLength: 8 });
    expect(batches[0]!.feeds["past_key_values.0.key"]!.shape).toEqual([1, 2, 0, 4]);
    expect(batches[0]!.feeds["attention_mask"]!.shape).toEqual([1, 8]);
  });

  test("is pixels of the graph's size", async () => {
    const { batches, description } = await prepare([feed("pixel_values", "float32", ["batch", 3, 32, 48])], random);
    expect(description.kind).toBe("random");
    expect(batches).toHaveLength(6);
    expect(batches[0]!.feeds["pixel_values"]!.shape).toEqual([1, 3, 32, 48]);
  });

  test("is noise where nothing tells more, with a warning, the same for the same seed", async () => {
    const feeds = [feed("waves", "float32", ["n", 5, 12])];
    const [first, again, other] = [await prepare(feeds, { kind: "default" }), await prepare(feeds, { kind: "default" }), await prepare(feeds, { kind: "default" }, { seed: 2 })];
    expect(first.description).toMatchObject({ kind: "random", sequences: 8, tokens: 40 });
    expect(first.warnings.join()).toContain("noise was fed");
    expect(again.description.sha256).toBe(first.description.sha256);
    expect(other.description.sha256).not.toBe(first.description.sha256);
    expect(first.batches[0]!.feeds["waves"]!.shape).toEqual([1, 5, 12]);
  });
});

describe("input that is given", () => {
  test("as token ids goes to the main input, in sequences of the graph's length", async () => {
    const path = join(await temporaryFolder(), "ids.json");
    await writeFile(path, JSON.stringify([[1, 2, 3, 4, 5, 6, 7], [8, 9]]));
    const { batches, description } = await prepare([feed("idx", "int64", [1, 3], 10)], { kind: "ids", path });
    expect(batches.map(({ feeds }) => numbers(feeds["idx"]))).toEqual([[1, 2, 3], [4, 5, 6]]);
    expect(description).toMatchObject({ kind: "ids", source: path, sequences: 2, tokens: 6 });
    await expect(prepare([feed("idx", "int64", [1, 9], 10)], { kind: "ids", path })).rejects.toThrow(/no sequence of 9 tokens/);
  });

  test("as token ids is taken in as many sequences as the graph takes at a time, and what is left over is told", async () => {
    const path = join(await temporaryFolder(), "ids.json");
    const fixed = [feed("idx", "int64", [2, 3], 10)];
    await writeFile(path, JSON.stringify([[1, 2, 3], [4, 5, 6], [7, 8, 9]]));
    const { batches, warnings } = await prepare(fixed, { kind: "ids", path });
    expect(batches.map(({ feeds }) => numbers(feeds["idx"]))).toEqual([[1, 2, 3, 4, 5, 6]]);
    expect(warnings).toEqual([`The graph takes 2 sequences of one length at a time, so 1 of ${path} was left out.`]);
    await writeFile(path, JSON.stringify([[1, 2, 3]]));
    const alone = await prepare(fixed, { kind: "ids", path });
    expect(alone.batches.map(({ feeds }) => numbers(feeds["idx"]))).toEqual([[1, 2, 3, 1, 2, 3]]);
    expect(alone.warnings.join()).toContain("fed more than once");
  });

  test("as arrays goes to the inputs of their names, and the others are made to fit", async () => {
    const ids = await npy("<i4", [2, 3], new Uint8Array(Int32Array.of(1, 2, 3, 4, 5, 6).buffer));
    const { batches, description } = await prepare(bert, { kind: "tensors", files: { input_ids: ids } });
    expect(description).toMatchObject({ kind: "ids", source: ids, sequences: 2, tokens: 6 });
    expect(batches).toHaveLength(1);
    const { feeds } = batches[0]!;
    expect(numbers(feeds["input_ids"])).toEqual([1, 2, 3, 4, 5, 6]);
    expect(feeds["attention_mask"]).toMatchObject({ type: "int64", shape: [2, 3] });
    expect(numbers(feeds["position_ids"])).toEqual([0, 1, 2, 0, 1, 2]);
  });

  test("as an array of floats keeps its values", async () => {
    const path = await npy("<f8", [1, 2, 2], new Uint8Array(Float64Array.of(0.5, -1, 2, 3).buffer));
    const { batches } = await prepare([feed("waves", "float32", [1, "length", 2])], { kind: "tensors", files: { waves: path } });
    expect(batches[0]!.feeds["waves"]).toEqual({ type: "float32", shape: [1, 2, 2], data: Float32Array.of(0.5, -1, 2, 3) });
  });

  test.each<[string, string, readonly number[], Uint8Array, string, RegExp]>([
    ["another name", "<i8", [1, 2], new Uint8Array(16), "ids", /no input "ids" that its norms depend on: it takes input_ids: int64 \[batch, sequence\], ids below 30; attention_mask/],
    ["another type", "<f4", [1, 2], new Uint8Array(8), "input_ids", /holds floats, but the input "input_ids" takes integers/],
    ["another rank", "<i8", [2], new Uint8Array(16), "input_ids", /has the shape \(2\), but the input "input_ids" takes \(batch, sequence\)/],
    ["an id out of range", "<i8", [1, 2], new Uint8Array(BigInt64Array.of(29n, 30n).buffer), "input_ids", /holds the id 30, and the table/],
    ["too few bytes", "<i8", [4, 4], new Uint8Array(8), "input_ids", /is cut short/],
    ["elements of another kind", "<c8", [1, 2], new Uint8Array(16), "input_ids", /elements of dtype c8/],
  ])("is refused with %s", async (_, descr, shape, data, name, reason) => {
    const path = await npy(descr, shape, data);
    const refused = prepare(bert, { kind: "tensors", files: { [name]: path } });
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.toBeInstanceOf(UserError);
  });

  test("as text or images is refused where the graph takes neither", async () => {
    await expect(prepare([feed("waves", "float32", ["n", 5, 12])], { kind: "text", path: "a.txt" })).rejects.toThrow("takes neither token ids nor pictures: give --input waves=FILE.npy (float32 [n, 5, 12]).");
  });

  test("by the name of an input is refused for a checkpoint", async () => {
    await expect(prepareInput({ modality: "text", vocabularySize: 9, contextLength: 9 }, ".", { choice: { kind: "tensors", files: { x: "x.npy" } }, maxTokens: 8, seed: 0 })).rejects.toThrow(/only ONNX graphs have/);
  });
});
