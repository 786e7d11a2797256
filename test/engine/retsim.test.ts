import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { recogniseModel } from "../../src/engine/architecture/families";
import { openCheckpoint } from "../../src/engine/checkpoint/formats";
import { withInputFile } from "../../src/engine/checkpoint/input-file";
import { withZipDirectory } from "../../src/engine/checkpoint/zip-directory";
import { forward, writeStages } from "../../src/engine/forward";
import { batchSequences } from "../../src/engine/input/batch";
import { readNpyTensor } from "../../src/engine/input/npy-tensor";
import { openOnnxRuntime } from "../../src/engine/runtime/onnxruntime";
import { readNorm } from "../../src/engine/norm-measurements";
import { surveyNorms, unreachedNorms } from "../../src/engine/survey";
import { concatenate, worstError } from "./golden";

const folder = join(import.meta.dirname, "../../../shared/fixtures/retsim");
const describeFixture = describe.skipIf(!existsSync(folder));

/** An array of an .npz file, which keeps its arrays unpacked. */
async function npzArray(path: string, name: string): Promise<{ shape: readonly number[]; data: Float32Array }> {
  const bytes = await readFile(path);
  const array = await withInputFile(path, (file) =>
    withZipDirectory(file, path, async (directory) => {
      const entry = directory.entries.get(`${name}.npy`)!;
      const start = await directory.locate(entry);
      return bytes.subarray(start, start + entry.size);
    }),
  );
  const copy = join(mkdtempSync(join(tmpdir(), "normlens-")), `${name}.npy`);
  writeFileSync(copy, array);
  const tensor = await readNpyTensor(copy);
  if (tensor.type !== "float32") throw new Error(`${name} holds no floats.`);
  return { shape: tensor.shape, data: tensor.data };
}

/** Code points of texts that are given as bits [texts, characters, bits], the highest first. */
function codePoints({ shape, data }: { shape: readonly number[]; data: Float32Array }): number[][] {
  const [texts, characters, bits] = shape as [number, number, number];
  const character = (start: number): number => data.subarray(start, start + bits).reduce((value, bit) => 2 * value + bit, 0);
  return Array.from({ length: texts }, (_, text) => Array.from({ length: characters }, (_unused, place) => character((text * characters + place) * bits)));
}

describeFixture("retsim (skipped where ../shared/fixtures is absent)", () => {
  test("gives the embeddings that TensorFlow gives", async () => {
    const { architecture } = recogniseModel(await openCheckpoint(join(folder, "model.safetensors")));
    const texts = codePoints(await npzArray(join(folder, "io.npz"), "x"));
    const { outputs } = await forward(openOnnxRuntime(), writeStages(architecture.stages), batchSequences(texts, 1e6));
    const expected = await npzArray(join(folder, "io.npz"), "y");
    expect(worstError(concatenate(outputs.map((values) => values["text_embedding"]!)), expected.data)).toBeLessThan(1e-5);
  });

  test("has a norm in each unit, and no other", async () => {
    const checkpoint = await openCheckpoint(join(folder, "model.safetensors"));
    const { family, architecture } = recogniseModel(checkpoint);
    const stages = writeStages(architecture.stages);
    expect(family).toBe("retsim");
    expect([...surveyNorms(stages).values()].map(({ node: { name, kind, role, depth } }) => ({ name, kind, role, depth }))).toEqual([
      { name: "gau_layers.0.norm", kind: "rmsnorm", role: "attention", depth: 0 },
      { name: "gau_layers.1.norm", kind: "rmsnorm", role: "attention", depth: 1 },
    ]);
    const gains = await Promise.all([...surveyNorms(stages).values()].map(async (norm) => [...(await readNorm(norm)).weight!]));
    expect(gains.map((gain) => gain.map((value) => value.toFixed(4)))).toEqual([["0.0409"], ["0.0477"]]);
    expect(unreachedNorms(checkpoint, stages)).toEqual([]);
  });
});
