import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { RunContext } from "../../../src/engine/analyze";
import { recogniseModel } from "../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { writeSafetensors } from "../../../src/engine/checkpoint/safetensors-writer";
import type { Analysis } from "../../../src/engine/compose";
import { forward, writeStages, type Values } from "../../../src/engine/forward";
import { batchSequences } from "../../../src/engine/input/batch";
import { localMeasurer } from "../../../src/engine/measurer/local-measurer";
import { replaceCheckpoint } from "../../../src/engine/replace/replace-norms";
import { openOnnxRuntime } from "../../../src/engine/runtime/onnxruntime";
import { writeResult } from "../../../src/engine/result-file";
import { CancelledError, UserError } from "../../../src/shared/errors";
import type { Progress } from "../../../src/shared/progress";
import type { Replacement, ReplacementMethod } from "../../../src/shared/replacement";
import type { ReplaceRequest } from "../../../src/shared/request";
import { temporaryFolder } from "../checkpoint/files";
import { localProver } from "../runtime/local-prover";

const sample = join(import.meta.dirname, "../../../media/samples/gpt2");
const context: RunContext = { onProgress: () => undefined, signal: new AbortController().signal, measurer: localMeasurer(), prover: localProver };

function request(changes: Partial<ReplaceRequest> = {}): ReplaceRequest {
  return {
    kind: "replace",
    checkpoint: sample,
    input: { kind: "text", path: join(sample, "calibration.txt") },
    maxTokens: 768,
    sequenceLength: 128,
    heldOutTokens: 384,
    skipFirst: false,
    seed: 0,
    runtime: "onnxruntime",
    device: "cpu",
    ...changes,
  };
}

const replace = async (changes: Partial<ReplaceRequest> = {}, run = context): Promise<{ analysis: Analysis; replacement: Replacement }> => {
  const analysis = await replaceCheckpoint(request(changes), run);
  return { analysis, replacement: analysis.result.replacement! };
};

async function jsonFile(content: unknown): Promise<string> {
  const path = join(await temporaryFolder(), "alphas.json");
  await writeFile(path, JSON.stringify(content));
  return path;
}

/** Cross-entropy of the network as it is, in float64, by a path of its own: logits of the head, token by token. */
async function crossEntropyOf(sequences: readonly (readonly number[])[]): Promise<number> {
  const { architecture } = recogniseModel(await openCheckpoint(sample));
  const { outputs } = await forward(openOnnxRuntime(), writeStages([...architecture.stages, architecture.head!]), batchSequences(sequences, 1));
  const losses = outputs.flatMap((values: Values, index) => {
    const { data, shape } = values["logits"]!;
    const outcomes = shape[2]!;
    const ids = sequences[index]!;
    return ids.slice(1).map((id, position) => {
      const logits = Array.from(data.slice(position * outcomes, (position + 1) * outcomes), Number);
      const highest = Math.max(...logits);
      return highest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0)) - logits[id]!;
    });
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

describe("the bundled GPT-2", () => {
  let analysis: Analysis;
  let replacement: Replacement;
  beforeAll(async () => { ({ analysis, replacement } = await replace({ budget: 0.2 })); }, 60_000);

  const costBy = (method: ReplacementMethod): number => replacement.methods.find((one) => one.method === method)!.cost!;

  test("nothing replaced costs exactly nothing", () => {
    expect(replacement.unchanged.cost).toBe(0);
    expect(replacement.unchanged.standardError).toBe(0);
    expect(replacement.unchanged.scores).toEqual({ ...replacement.original, hiddenError: 0 });
    expect(replacement.original).toMatchObject({ top1: 1, hiddenError: 0 });
    expect(replacement.original.kl).toBeCloseTo(0, 6);
  });

  test("fitted values cost less than the usual ones, and those less than the official conversion", () => {
    expect(replacement.measure).toBe("cross-entropy");
    expect(costBy(replacement.chosen)).toBeLessThan(costBy("default") / 2);
    expect(costBy("per-channel")).toBeLessThan(costBy("inverse-std"));
    expect(costBy("default")).toBeLessThan(costBy("official"));
    const conversions: readonly ReplacementMethod[] = ["in-order", "in-order-robust", "in-order-original", "per-channel", "pooled"];
    for (const { method, cost } of replacement.methods) if (conversions.includes(method)) expect(costBy(replacement.chosen)).toBeLessThanOrEqual(cost!);
  });

  test("cost is what cross-entropy rises by", () => {
    for (const { cost, scores } of replacement.methods) expect(scores.crossEntropy! - replacement.original.crossEntropy!).toBeCloseTo(cost!, 9);
  });

  test("every layer is replaced by itself, and each role", () => {
    expect(replacement.layers.map(({ name }) => name)).toEqual(analysis.result.layers.map(({ name }) => name));
    expect(replacement.roles.map(({ role, layers }) => [role, layers])).toEqual([["attention", 6], ["ffn", 6], ["final", 1]]);
    const sum = replacement.layers.reduce((total, { defaultCost }) => total + defaultCost!, 0);
    expect(sum).toBeGreaterThan(replacement.layers.reduce((total, { cost }) => total + cost!, 0));
    // The final norm is a role of its own.
    expect(replacement.roles.at(-1)!.cost).toBe(replacement.layers.at(-1)!.cost);
  });

  test("the budget's curve begins at 0 and keeps to its limit", () => {
    const { order, points, limit, count } = replacement.budget;
    expect(points[0]).toEqual({ count: 0, cost: 0 });
    expect(points.at(-1)!.count).toBe(13);
    expect(limit).toBe(0.2);
    expect(points.find((point) => point.count === count)!.cost).toBeLessThanOrEqual(0.2);
    expect(points.find((point) => point.count === count! + 1)!.cost).toBeGreaterThan(0.2);
    expect(order[0]).toBe(replacement.layers.toSorted((a, b) => a.cost! - b.cost!)[0]!.name);
  });

  test("the values that are written are the chosen method's", async () => {
    const path = join(await temporaryFolder(), "run.normlens.json");
    await writeResult(path, analysis);
    const { tensors } = await openCheckpoint(path.replace(".json", ".safetensors"));
    const alphaOf = async (name: string): Promise<number> => {
      const { file, offset } = tensors.get(`${name}.alpha`)!;
      return (await readFile(file)).readFloatLE(offset);
    };
    for (const { name, alpha } of replacement.layers) expect(await alphaOf(name)).toBe(Math.fround(alpha));
  });
});

test("the original's cross-entropy is the one that its logits give", async () => {
  const sequences = Array.from({ length: 3 }, (_, index) => Array.from({ length: 40 }, (_unused, position) => (37 * position + 101 * index + position * position) % 1024));
  const heldOut = join(await temporaryFolder(), "ids.json");
  await writeFile(heldOut, JSON.stringify(sequences));
  const { replacement } = await replace({ input: { kind: "ids", path: heldOut }, heldOut: { kind: "ids", path: heldOut } });
  expect(replacement.original.crossEntropy).toBeCloseTo(await crossEntropyOf(sequences), 4);
  expect(replacement.heldOut).toMatchObject({ sequences: 3, tokens: 120 });
});

test("on random input cost is divergence from the original, as nothing could be predicted", async () => {
  const { replacement } = await replace({ input: { kind: "random" }, layers: ["transformer.h.3.ln_1"] });
  expect(replacement.measure).toBe("kl");
  expect(replacement.layers.map(({ name }) => name)).toEqual(["transformer.h.3.ln_1"]);
  expect(replacement.kept).toHaveLength(12);
  const [cost] = replacement.layers;
  expect(cost!.cost).toBe(cost!.scores.kl);
});

test("a vision model is measured by its predictions of classes", async () => {
  const { replacement } = await replace({ checkpoint: join(sample, "../vit"), input: { kind: "default" }, maxTokens: 400, heldOutTokens: 130 });
  expect(replacement.measure).toBe("kl");
  expect(replacement.original.crossEntropy).toBeUndefined();
  expect(replacement.unchanged.cost).toBe(0);
  expect(replacement.methods.find(({ method }) => method === replacement.chosen)!.cost).toBeLessThan(replacement.methods.find(({ method }) => method === "official")!.cost!);
});

describe("values of the user's own", () => {
  test("the values that a run wrote cost what it said", async () => {
    const path = join(await temporaryFolder(), "run.json");
    const first = await replace();
    await writeResult(path, first.analysis);
    const { replacement } = await replace({ values: path });
    const own = replacement.methods.find(({ method }) => method === "own")!;
    const chosen = replacement.methods.find(({ method }) => method === replacement.chosen)!;
    expect(own.cost).toBeCloseTo(chosen.cost!, 6);
  });

  test("alphas alone keep the trained affine", async () => {
    const names = (await replace({ layers: ["transformer.ln_f"] })).analysis.result.layers.map(({ name }) => name);
    const path = await jsonFile(Object.fromEntries(names.map((name) => [name, 0.5])));
    const { replacement } = await replace({ values: path });
    expect(replacement.methods.find(({ method }) => method === "own")!.cost).toBe(replacement.methods.find(({ method }) => method === "default")!.cost);
  });

  test("alphas of sliders get gains fitted to them", async () => {
    const { replacement } = await replace({ alphas: { "transformer.ln_f": 0.5 } });
    const own = replacement.methods.find(({ method }) => method === "own")!.cost!;
    const inOrder = replacement.methods.find(({ method }) => method === "in-order")!.cost!;
    expect(own).toBeGreaterThan(inOrder);
    expect(own).toBeLessThan(replacement.methods.find(({ method }) => method === "default")!.cost!);
  });

  const layer = "transformer.ln_f";
  test.each([
    ["an alpha of 0", { [layer]: 0 }, "the alpha 0; give a number above 0"],
    ["a negative alpha", { [layer]: -1 }, "the alpha -1; give a number above 0"],
    ["a word", { [layer]: "big" }, "no number as its alpha"],
    ["a layer that is not there", { "transformer.h.9.ln_1": 1 }, "the layer transformer.h.9.ln_1, which"],
    ["nothing", {}, "holds no values"],
  ])("%s is refused", async (_, content, words) => {
    const refusal = replace({ values: await jsonFile(content) });
    await expect(refusal).rejects.toThrow(UserError);
    await expect(refusal).rejects.toThrow(words);
  });

  test.each([
    ["NaN", [NaN], 128, "the alpha NaN; give a number above 0"],
    ["two alphas", [1, 2], 128, "2 alphas; DyT has one a layer"],
    ["another number of channels", [1], 64, "64 channels, and the layer has 128"],
  ])("tensors with %s are refused", async (_, alpha, channels, words) => {
    const folder = await temporaryFolder();
    await mkdir(folder, { recursive: true });
    const path = join(folder, "values.safetensors");
    await writeSafetensors(path, [
      { name: `${layer}.alpha`, dtype: "F32", shape: [alpha.length], data: Float32Array.from(alpha) },
      { name: `${layer}.weight`, dtype: "F32", shape: [channels], data: new Float32Array(channels).fill(1) },
    ]);
    await expect(replace({ values: path })).rejects.toThrow(words);
  });
});

test("layers that are not there can't be asked for", async () => {
  await expect(replace({ layers: ["ln_9"] })).rejects.toThrow("the layer ln_9, which");
});

test("it stops in the middle", async () => {
  const stop = new AbortController();
  const phases: string[] = [];
  const run = replace({}, { ...context, signal: stop.signal, onProgress: ({ phase, stage }) => {
    phases.push(`${phase} ${stage ?? ""}`);
    if (phase === "replace" && stage === "one layer at a time") stop.abort();
  } });
  await expect(run).rejects.toThrow(CancelledError);
  expect(phases.at(-1)).toContain("one layer at a time");
});

test.each(["clip-hf", "siglip-hf"])("a model of two towers is measured by what both hand on: %s", async (name) => {
  const { replacement } = await replace({ checkpoint: join(import.meta.dirname, "../architecture/golden", name), input: { kind: "random" }, maxTokens: 64, heldOutTokens: 32, sequenceLength: 8 });
  expect(replacement.measure).toBe("error");
  expect(replacement.layers.some(({ name }) => name.startsWith("vision_model"))).toBe(true);
  for (const layer of replacement.layers) expect(layer.cost, layer.name).toBeGreaterThan(0);
});

test("input in which nothing follows anything is refused, and few predictions are warned of", async () => {
  await expect(replace({ sequenceLength: 1 })).rejects.toThrow("nothing to predict");
  const { analysis } = await replace({ maxTokens: 128, sequenceLength: 32, heldOutTokens: 32, layers: ["transformer.ln_f"] });
  expect(analysis.result.warnings.map(({ message }) => message).join()).toContain("measured on 31 predictions alone");
});

test("held-out input that the values were fitted on is told of", async () => {
  const path = join(sample, "calibration.txt");
  const { analysis } = await replace({ maxTokens: 256, heldOutTokens: 128, heldOut: { kind: "text", path }, layers: ["transformer.ln_f"] });
  expect(analysis.result.warnings.map(({ message }) => message).join()).toContain("which the values were fitted on: hold out other input");
});

test("progress rises within every step to one total", async () => {
  const told = new Map<string, Progress[]>();
  await replace({ maxTokens: 40, heldOutTokens: 30, layers: ["transformer.ln_f", "transformer.h.5.ln_2"] }, { ...context, onProgress: (progress) => {
    if (progress.phase === "replace") told.set(progress.stage!, [...(told.get(progress.stage!) ?? []), progress]);
  } });
  expect([...told.keys()]).toEqual(["fitting in order", "all layers", "one layer at a time", "more and more layers"]);
  for (const [stage, steps] of told) {
    expect(new Set(steps.map(({ total }) => total)).size, stage).toBe(1);
    for (const [index, { done, total }] of steps.entries()) {
      expect(done, stage).toBeGreaterThanOrEqual(steps[index - 1]?.done ?? 0);
      expect(done, stage).toBeLessThanOrEqual(total);
    }
  }
});

test("no more is fitted on, or measured on, than was asked for", async () => {
  const { analysis, replacement } = await replace({ maxTokens: 40, heldOutTokens: 30, layers: ["transformer.ln_f"] });
  expect(analysis.result.input.tokens).toBe(40);
  expect(replacement.heldOut.tokens).toBe(30);
  expect(replacement.heldOut.sha256).not.toBe(analysis.result.input.sha256);
});
