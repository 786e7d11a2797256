import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { analyzeCheckpoint, type RunContext } from "../../src/engine/analyze";
import { recogniseModel } from "../../src/engine/architecture/families";
import { openCheckpoint } from "../../src/engine/checkpoint/formats";
import { forward, writeStages } from "../../src/engine/forward";
import { batchSequences } from "../../src/engine/input/batch";
import { localMeasurer } from "../../src/engine/measurer/local-measurer";
import { openOnnxRuntime } from "../../src/engine/runtime/onnxruntime";
import { readNorm } from "../../src/engine/norm-measurements";
import { inspectCheckpoint } from "../../src/engine/inspect";
import { surveyNorms, unreachedNorms } from "../../src/engine/survey";
import type { Inspection } from "../../src/shared/inspection";
import type { InputChoice } from "../../src/shared/request";
import type { LayerResult, Result } from "../../src/shared/result";
import { temporaryFolder } from "./checkpoint/files";
import { concatenate, worstError } from "./golden";
import { codePoints, npyOfNpz, npzTensor } from "./npz";
import { localProver } from "./runtime/local-prover";

const folder = join(import.meta.dirname, "../../../shared/fixtures/retsim");
const describeFixture = describe.skipIf(!existsSync(folder));
const arrays = join(folder, "io.npz");
const undisturbed: RunContext = { onProgress: () => undefined, signal: new AbortController().signal, measurer: localMeasurer(), prover: localProver };

async function analyze(checkpoint: string, input: InputChoice): Promise<Result> {
  return (await analyzeCheckpoint({ kind: "analyze", checkpoint: join(folder, checkpoint), input, maxTokens: 1024, skipFirst: false, seed: 0, runtime: "onnxruntime", device: "cpu" }, undisturbed)).result;
}

describeFixture("retsim (skipped where ../shared/fixtures is absent)", () => {
  test("gives the embeddings that TensorFlow gives", async () => {
    const { architecture } = recogniseModel(await openCheckpoint(join(folder, "model.safetensors")));
    const texts = codePoints(await npzTensor(arrays, "x"));
    const { outputs } = await forward(openOnnxRuntime(), writeStages(architecture.stages), batchSequences(texts, 1e6));
    const expected = await npzTensor(arrays, "y");
    expect(worstError(concatenate(outputs.map((values) => values["text_embedding"]!)), concatenate([expected]))).toBeLessThan(1e-5);
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
    expect(gains.map((gain) => [...new Set(gain.map((value) => value.toFixed(4)))])).toEqual([["0.0409"], ["0.0477"]]);
    expect(unreachedNorms(checkpoint, stages)).toEqual([]);
  });

  test("is inspected alike in both formats", async () => {
    const [tensors, saved] = await Promise.all(["model.safetensors", "savedmodel"].map((name) => inspectCheckpoint(join(folder, name))));
    const facts = ({ norms, width, depth, parameters }: Inspection): unknown => ({ norms: norms.map(({ kind, role, depth: place, eps, channels }) => ({ kind, role, place, eps, channels })), width, depth, parameters });
    expect(facts(saved!)).toEqual(facts(tensors!));
    expect(saved!.norms.map(({ channels }) => channels)).toEqual([256, 256]);
    expect(saved).toMatchObject({ family: "tensorflow", inputs: [{ name: "input_1", type: "float32", shape: ["", 512, 24] }] });
    expect(tensors!.inputs).toBeUndefined();
  });

  test("gives the same as TensorFlow's SavedModel and as safetensors", async () => {
    const ids = join(await temporaryFolder(), "ids.json");
    await writeFile(ids, JSON.stringify(codePoints(await npzTensor(arrays, "x"))));
    const tensors = await analyze("model.safetensors", { kind: "ids", path: ids });
    const saved = await analyze("savedmodel", { kind: "tensors", files: { input_1: await npyOfNpz(arrays, "x") } });
    const facts = ({ kind, eps, tokens, calls }: LayerResult): unknown => ({ kind, eps, tokens, calls });
    const numbers = ({ fit, input, linear, ceiling }: LayerResult): number[] => [fit.alpha, fit.gain, fit.r2, input.mean, input.std, input.absMax, input.kurtosis, linear.slope, ceiling.r2];
    expect(saved.layers.map(({ name }) => name)).toEqual(["model.embedding_model.gau.scaled_norm", "model.embedding_model.gau_1.scaled_norm_1"]);
    expect(saved.layers.map(facts)).toEqual(tensors.layers.map(facts));
    for (const [index, layer] of tensors.layers.entries()) for (const [place, value] of numbers(saved.layers[index]!).entries()) expect(value / numbers(layer)[place]!).toBeCloseTo(1, 3);
  });
});
