import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Result } from "../../src/shared/result";
import { temporaryFolder } from "../engine/checkpoint/files";
import { bytesOf, golden } from "../engine/input/golden";
import { normlens } from "./run";

const checkpoint = (name: string): string => join(import.meta.dirname, "../engine/architecture/golden", name);
const { wav } = golden("sound.json") as { wav: string };

test("a recording is fed to an encoder of sound and its decoder", async () => {
  const path = join(await temporaryFolder(), "a.wav");
  await writeFile(path, bytesOf(wav));
  const { code, stdout, stderr } = await normlens("analyze", checkpoint("whisper-hf"), "--audio", path, "--runtime", "onnxruntime", "--device", "cpu", "--json", "--quiet");
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const { input, layers, coverage } = JSON.parse(stdout) as Result;
  // 8000 samples in pieces of 2880, the last one filled up with silence; each becomes 9 positions.
  expect(input).toMatchObject({ kind: "audio", source: path, sequences: 3, tokens: 27 });
  expect(coverage).toMatchObject({ found: 12, measured: 12 });
  expect(layers.map((layer) => layer.tokens)).toEqual([...Array<number>(5).fill(27), ...Array<number>(7).fill(30)]);
});

test("sound for a model of text is refused, and sound beside text", async () => {
  const refused = await normlens("analyze", checkpoint("gpt2-hf"), "--audio", "a.wav", "--quiet");
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toMatch(/^error: a\.wav was given as sound, but the model takes text[^\n]*\n$/);
  const both = await normlens("analyze", checkpoint("whisper-hf"), "--audio", "a.wav", "--text", "a.txt");
  expect(both.code).toBe(2);
});
