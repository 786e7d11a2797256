import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Architecture } from "../../src/engine/architecture/architecture";
import { recogniseModel } from "../../src/engine/architecture/families";
import type { Checkpoint } from "../../src/engine/checkpoint/checkpoint";
import { openCheckpoint } from "../../src/engine/checkpoint/formats";
import { readTensor } from "../../src/engine/checkpoint/tensor-data";
import { forward, writeStages, type NormCall } from "../../src/engine/forward";
import { withOutputs } from "../../src/engine/graph/graph";
import { batchSequences } from "../../src/engine/input/batch";
import { openOnnxRuntime } from "../../src/engine/runtime/onnxruntime";
import { surveyNorms, unreachedNorms } from "../../src/engine/survey";
import type { Tensor } from "../../src/engine/tensor";
import { concatenate, worstError } from "./golden";

const fixtures = join(import.meta.dirname, "../../../shared/fixtures");
const describeFixture = describe.skipIf(!existsSync(fixtures));

async function open(path: string): Promise<{ checkpoint: Checkpoint; architecture: Architecture }> {
  const checkpoint = await openCheckpoint(join(fixtures, path));
  return { checkpoint, architecture: recogniseModel(checkpoint).architecture };
}

/** Logits [position][id] of each sequence; the sequences are of one length. */
async function logitsOf(architecture: Architecture, sequences: readonly (readonly number[])[]): Promise<Float32Array[][]> {
  const stages = writeStages([...architecture.stages, architecture.head!]);
  const { outputs } = await forward(openOnnxRuntime(), stages, batchSequences(sequences, 1e6));
  const { data, shape } = outputs[0]!["logits"] as Tensor & { type: "float32" };
  const [count, length, ids] = shape as [number, number, number];
  const at = (index: number): Float32Array => data.subarray(index * ids, (index + 1) * ids);
  return Array.from({ length: count }, (_, s) => Array.from({ length }, (_unused, position) => at(s * length + position)));
}

/** The norms of a model as they are called, with what goes into them. */
async function norms(architecture: Architecture, ids: readonly number[]): Promise<{ role: string; depth: number; eps: number; input: Float32Array }[]> {
  const calls: NormCall[] = [];
  await forward(openOnnxRuntime(), writeStages(architecture.stages), batchSequences([ids], 1e6), {
    onNormCalls: (seen) => {
      calls.push(...seen);
      return Promise.resolve();
    },
  });
  return calls.map(({ norm: { role, depth, eps }, input }) => ({ role, depth, eps, input: concatenate([input]) }));
}

function largestAt(values: Float32Array): number {
  return values.indexOf(values.reduce((a, b) => Math.max(a, b)));
}

function worstDifference(actual: Float32Array, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length);
  return expected.reduce((worst, value, index) => Math.max(worst, Math.abs(value - actual[index]!)), 0);
}

describeFixture("gpt-nano-sort (skipped where ../shared/fixtures is absent)", () => {
  /** PyTorch's own activations, as published. */
  let published: (name: string) => Float32Array;
  let architecture: Architecture;

  beforeAll(async () => {
    const partials = JSON.parse(await readFile(join(fixtures, "gpt-nano-sort/partials.json"), "utf8")) as Record<string, { data: string }>;
    published = (name) => {
      const bytes = Buffer.from(partials[name]!.data, "base64");
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    };
    ({ architecture } = await open("gpt-nano-sort/model.safetensors"));
  });

  const publishedSequences = (): number[][] => {
    const ids = published("idx");
    return [0, 1, 2].map((row) => [...ids.subarray(11 * row, 11 * (row + 1))]);
  };

  test("the published activations come out, before and after the norms", async () => {
    const stages = writeStages(architecture.stages).map((stage) => ({ ...stage, graph: withOutputs(stage.graph, stage.norms.map((norm) => norm.output)) }));
    const inputs = new Map<string, Tensor>();
    const outputs = new Map<string, Tensor>();
    const runtime = openOnnxRuntime();
    const recording = {
      ...runtime,
      open: async (graph: Parameters<typeof runtime.open>[0]) => {
        const session = await runtime.open(graph);
        const norms = stages.find((stage) => stage.name === graph.model.graph?.name)!.norms;
        return {
          ...session,
          run: async (...[feeds, fetches]: Parameters<typeof session.run>) => {
            const fetched = await session.run(feeds, [...new Set([...fetches, ...norms.map((norm) => norm.output)])]);
            for (const norm of norms) outputs.set(norm.name, fetched[norm.output]!);
            return fetched;
          },
        };
      },
    };
    await forward(recording, stages, batchSequences(publishedSequences(), 1e6), {
      onNormCalls: (calls) => {
        for (const call of calls) inputs.set(call.norm.name, call.input);
        return Promise.resolve();
      },
    });
    const input = (name: string): Float32Array => concatenate([inputs.get(`transformer.${name}`)!]);
    const output = (name: string): Float32Array => concatenate([outputs.get(`transformer.${name}`)!]);
    expect(inputs.size).toBe(7);
    expect(worstDifference(input("h.0.ln_1"), published("x"))).toBeLessThan(1e-5);
    expect(worstDifference(input("h.0.ln_2"), published("attnResid"))).toBeLessThan(1e-5);
    expect(worstDifference(input("h.1.ln_1"), published("block0"))).toBeLessThan(1e-5);
    expect(worstDifference(input("h.2.ln_1"), published("block1"))).toBeLessThan(1e-5);
    expect(worstDifference(input("ln_f"), published("block2"))).toBeLessThan(1e-5);
    expect(worstDifference(output("h.0.ln_1"), published("ln1"))).toBeLessThan(1e-5);
    expect(worstDifference(output("h.0.ln_2"), published("ln2"))).toBeLessThan(1e-5);
    expect(worstDifference(output("ln_f"), published("ln_f"))).toBeLessThan(1e-5);
  });

  test("all 729 sequences of six letters are sorted", async () => {
    const questions = Array.from({ length: 729 }, (_, index) => Array.from(index.toString(3).padStart(6, "0"), Number));
    const answers = questions.map((letters) => letters.toSorted((a, b) => a - b));
    // Each letter of the right answer is asked for behind the letters before it: greedy decoding takes the same way.
    const logits = await logitsOf(architecture, questions.map((letters, index) => [...letters, ...answers[index]!.slice(0, 5)]));
    const given = logits.map((positions) => positions.slice(5).map(largestAt));
    expect(given).toEqual(answers);
  });
});

describeFixture("stories260K (skipped where ../shared/fixtures is absent)", () => {
  test.each(["hf", "stories260K.pt", "stories260K-f32.gguf"])("decodes the golden tokens greedily from %s", async (file) => {
    const { ids } = JSON.parse(await readFile(join(fixtures, "stories260K/stories260K.golden.json"), "utf8")) as { ids: number[] };
    const { architecture } = await open(`stories260K/${file}`);
    // Each token is asked for behind the golden ones before it: greedy decoding takes the same way.
    const [positions] = await logitsOf(architecture, [ids.slice(0, -1)]);
    expect(ids.length).toBeGreaterThanOrEqual(200);
    expect(positions!.map(largestAt)).toEqual(ids.slice(1));
  });

  test.each([
    ["stories260K.pt", 2e-6],
    ["stories260K-f32.gguf", 2e-6],
    // Weights rounded to 8 bits.
    ["stories260K-q8_0.gguf", 0.05],
  ])("has the norm inputs of its safetensors in %s, to %f of the largest", async (file, tolerance) => {
    const { ids } = JSON.parse(await readFile(join(fixtures, "stories260K/stories260K.golden.json"), "utf8")) as { ids: number[] };
    const [expected, actual] = await Promise.all(["hf", file].map(async (name) => norms((await open(`stories260K/${name}`)).architecture, ids)));
    expect(actual).toHaveLength(11);
    expect(actual!.map(({ role, depth, eps }) => ({ role, depth, eps }))).toEqual(expected!.map(({ role, depth, eps }) => ({ role, depth, eps })));
    const errors = actual!.map(({ input }, index) => worstError(input, expected![index]!.input));
    expect(Math.max(...errors)).toBeLessThan(tolerance);
  });

  test("has 11 norms, and their gains are those that are known of it", async () => {
    const { checkpoint, architecture } = await open("stories260K/hf");
    const stages = writeStages(architecture.stages);
    const norms = [...surveyNorms(stages).values()].map(({ node }) => node);
    expect(norms).toHaveLength(11);
    expect(unreachedNorms(checkpoint, stages)).toEqual([]);
    const gains = async (role: string): Promise<[number, number]> => {
      const weights = await Promise.all(norms.filter((norm) => norm.role === role).map((norm) => readTensor(checkpoint.tensors.get(norm.weight!)!)));
      const all = weights.flatMap((weight) => [...weight]);
      return [Math.min(...all), Math.max(...all)];
    };
    for (const [role, lowest, highest] of [["attention", 0.49, 2.79], ["ffn", 0.36, 1.33], ["final", 0.97, 4.43]] as const) {
      const [low, high] = await gains(role);
      expect(low).toBeCloseTo(lowest, 1);
      expect(high).toBeCloseTo(highest, 1);
    }
  });
});

describeFixture("rxnmapper-albert (skipped where ../shared/fixtures is absent)", () => {
  test("runs 26 norm calls on 4 parameter pairs", async () => {
    const { checkpoint, architecture } = await open("rxnmapper-albert");
    const stages = writeStages(architecture.stages);
    const calls: NormCall[] = [];
    await forward(openOnnxRuntime(), stages, batchSequences([[12, 13, 14, 15, 16]], 64), {
      onNormCalls: (seen) => {
        calls.push(...seen);
        return Promise.resolve();
      },
    });
    const names = calls.map((call) => call.norm.name);
    const counts = Object.fromEntries([...new Set(names)].map((name) => [name, names.filter((other) => other === name).length]));
    const layer = "albert.encoder.albert_layer_groups.0.albert_layers.0";
    expect(counts).toEqual({
      "albert.embeddings.LayerNorm": 1,
      [`${layer}.attention.LayerNorm`]: 12,
      [`${layer}.full_layer_layer_norm`]: 12,
      "predictions.LayerNorm": 1,
    });
    expect(calls).toHaveLength(26);
    expect(unreachedNorms(checkpoint, stages)).toEqual([]);
  });
});
