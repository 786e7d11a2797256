import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AudioInput, InputChoice } from "../../../src/engine/input/input";
import { prepareInput } from "../../../src/engine/input/prepare";
import { readWav } from "../../../src/engine/input/wav";
import { folderWith } from "./folder";
import { bytesOf, difference, golden } from "./golden";

const { wav, log_mel, standardised, few } = golden("sound.json") as { wav: string; log_mel: string; standardised: string; few: Readonly<Record<string, string>> };
const floats = (text: string): Float32Array => new Float32Array(bytesOf(text).buffer);

const waves: AudioInput = { modality: "audio", feed: "input_values", shape: [400], tokensPerPiece: 5 };
const mels: AudioInput = { modality: "audio", feed: "input_features", shape: [10, 100], tokensPerPiece: 50 };
const prepare = (choice: InputChoice, expected = waves, maxTokens = 16, files = {}) => prepareInput(expected, folderWith(files), { choice, maxTokens, seed: 0, batchTokens: 10 });
const valuesOf = async (input: ReturnType<typeof prepare>, name: string): Promise<Float32Array> =>
  Float32Array.from((await input).batches.flatMap(({ feeds }) => [...feeds[name]!.data].map(Number)));
const recording = (): InputChoice => ({ kind: "audio", path: join(folderWith({ "a.wav": bytesOf(wav) }), "a.wav") });

describe("a model that takes sound", () => {
  test("is fed noise where nothing is given, as many pieces as the tokens allow", async () => {
    const { batches, description, warnings } = await prepare({ kind: "random" });
    expect(batches.map(({ feeds, sequences, sequenceLength }) => [feeds["input_values"]!.shape, sequences, sequenceLength])).toEqual([[[2, 400], 2, 5], [[1, 400], 1, 5]]);
    expect(description).toMatchObject({ kind: "random", sequences: 3, tokens: 15 });
    expect(warnings).toEqual([]);
    expect(new Set(await valuesOf(prepare({ kind: "random" }), "input_values")).size).toBeGreaterThan(1100);
    expect((await prepare({ kind: "default" })).warnings.join()).toContain("so noise was fed");
  });

  test("sees Whisper's log-mel frames as transformers makes them", async () => {
    const input = prepare(recording(), mels);
    expect((await input).description).toMatchObject({ kind: "audio", sequences: 1, tokens: 50 });
    expect(difference(await valuesOf(input, "input_features"), floats(log_mel)).largest).toBeLessThan(1e-4);
  });

  test("sees samples standardised over each piece, unless its extractor leaves them", async () => {
    const whole = { ...waves, shape: [8000], tokensPerPiece: 16 };
    expect(difference((await valuesOf(prepare(recording(), whole), "input_values")).slice(0, 400), floats(standardised)).largest).toBeLessThan(1e-5);
    const plain = await valuesOf(prepare(recording(), whole, 16, { "preprocessor_config.json": { do_normalize: false } }), "input_values");
    expect(plain).toEqual((await readWav((recording() as { path: string }).path)).samples);
  });

  test("sees the files of a folder in the order of their names, cut into whole pieces", async () => {
    const path = folderWith({ "b.wav": bytesOf(wav), "a.WAV": bytesOf(wav), "c.mp3": new Uint8Array(4) });
    const { description, batches } = await prepare({ kind: "audio", path }, { ...waves, shape: [3000] }, 1000);
    expect(description).toMatchObject({ sequences: 4, source: path });
    expect(batches.map(({ sequences }) => sequences)).toEqual([2, 2]);
  });

  test("reads text beside each piece where it has a decoder", async () => {
    const { batches } = await prepare({ kind: "random" }, { ...mels, tokensPerPiece: 5, text: { modality: "text", vocabularySize: 9, contextLength: 3 } });
    expect(batches.map(({ feeds }) => [feeds["input_features"]!.shape, feeds["input_ids"]!.shape])).toEqual([[[2, 10, 100], [2, 3]], [[1, 10, 100], [1, 3]]]);
  });

  test.each<[string, InputChoice | (() => InputChoice), AudioInput, string]>([
    ["text", { kind: "text", path: "a.txt" }, waves, "a.txt can't be fed, as the model takes sound"],
    ["a recording that is too short", recording, { ...waves, shape: [16_000] }, "holds no 1 seconds of sound"],
    ["a folder without recordings", () => ({ kind: "audio", path: folderWith({ "a.mp3": new Uint8Array(4) }) }), waves, "holds no .wav file"],
    ["something else", () => ({ kind: "audio", path: join(folderWith({ "a.wav": new Uint8Array(50) }), "a.wav") }), waves, "is no WAV file"],
  ])("refuses %s", async (_name, choice, expected, message) => {
    await expect(prepare(typeof choice === "function" ? choice() : choice, expected)).rejects.toThrow(message);
  });
});

describe("WAV files", () => {
  const read = (bytes: Uint8Array) => readWav(join(folderWith({ "a.wav": bytes }), "a.wav"));

  test.each(Object.entries(few))("of %s", async (name, text) => {
    const { rate, samples } = await read(bytesOf(text));
    const expected = name.endsWith("1 channels") ? [-1, -0.5, 0, 0.25, 0.75, 0.5] : [-0.75, 0.125, 0.625];
    expect(rate).toBe(16_000);
    expect([...samples]).toEqual(expected);
  });

  test("of another rate are refused with the way to convert them", async () => {
    const bytes = bytesOf(wav).slice();
    new DataView(bytes.buffer).setUint32(24, 44_100, true);
    const path = join(folderWith({ "a.wav": bytes }), "a.wav");
    await expect(prepare({ kind: "audio", path })).rejects.toThrow("has 44100 samples a second, but the model takes 16000");
  });

  test("that are broken are refused, wherever they break off", async () => {
    const bytes = bytesOf(few["24 bits, 2 channels"]!);
    for (let length = 0; length < 44; length += 1) await expect(read(bytes.slice(0, length)), `${length} bytes`).rejects.toThrow(/is no WAV file|chunk/);
    expect((await read(bytes.slice(0, 53))).samples).toHaveLength(1);
    const compressed = bytes.slice();
    new DataView(compressed.buffer).setUint16(20, 85, true);
    await expect(read(compressed)).rejects.toThrow("neither PCM nor floats");
  });
});
