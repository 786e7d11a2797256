import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { recogniseModel } from "../../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../../src/engine/checkpoint/formats";
import { writeStages } from "../../../../src/engine/forward";
import type { ElementWiseValues } from "../../../../src/engine/graph/replace";
import type { Batch } from "../../../../src/engine/input/input";
import { prepareInput } from "../../../../src/engine/input/prepare";
import { localMeasurer } from "../../../../src/engine/measurer/local-measurer";
import { readNorm } from "../../../../src/engine/norm-measurements";
import type { LayerValues } from "../../../../src/engine/replace/in-order";
import type { Network } from "../../../../src/engine/replace/network";
import { replaceCheckpoint } from "../../../../src/engine/replace/replace-norms";
import { tuneTogether } from "../../../../src/engine/replace/tune/tune";
import { openTunedNetwork } from "../../../../src/engine/replace/tune/tuned-network";
import { openOnnxRuntime } from "../../../../src/engine/runtime/onnxruntime";
import { surveyNorms } from "../../../../src/engine/survey";
import { CancelledError } from "../../../../src/shared/errors";
import type { Progress } from "../../../../src/shared/progress";
import type { ReplaceRequest } from "../../../../src/shared/request";
import { batchesOf, goldenFiles, openGolden } from "../../golden";
import { localProver } from "../../runtime/local-prover";

const golden = join(import.meta.dirname, "../../architecture/golden");
const exported = join(import.meta.dirname, "../../graph/exported");
const sample = join(import.meta.dirname, "../../../../media/samples/gpt2");
const signal = new AbortController().signal;

function valuesOfChannels(channels: number): ElementWiseValues {
  return { curve: "tanh", alpha: 0.6, shift: 0, shape: [channels], gain: Float32Array.from({ length: channels }, (_, c) => 1 + c / channels), offset: new Float32Array(channels).fill(0.1) };
}

/** A network of a golden case, and values for its layers that differ from channel to channel. */
async function networkOf(name: string): Promise<{ network: Network; start: LayerValues }> {
  const { architecture } = recogniseModel(await openCheckpoint(join(golden, name)));
  const stages = writeStages(architecture.stages);
  const head = architecture.head && writeStages([architecture.head])[0]!;
  const norms = await Promise.all([...surveyNorms(stages).values()].map(readNorm));
  const start = norms.flatMap((norm): [string, ElementWiseValues][] => {
    const channels = norm.weight?.length;
    const trained = stages.some((stage) => stage.norms.some((one) => one.name === norm.name && one.trained));
    if (channels === undefined || trained) return [];
    return [[norm.name, valuesOfChannels(channels)]];
  });
  const predictor = head && { graph: head.graph, isCausal: architecture.isCausal === true, isPositional: architecture.isLanguageModel };
  return { network: { runtime: openOnnxRuntime(), stages, outcomes: 0, wholeBatches: false, ...(predictor && { predictor }) }, start: new Map(start) };
}

/** Compares the gradient of the distance from the original, along one direction, with a difference. */
async function expectSlope(network: Network, start: LayerValues, batch: Batch): Promise<void> {
  const opened = await openTunedNetwork(network, [batch], start, signal);
  const moved = (by: number): LayerValues => new Map([...start].map(([layer, values]) => [layer, { ...values, alpha: values.alpha + by, gain: values.gain.map((gain, c) => gain + by * Math.cos(c)) }]));
  const { layers } = await opened.slopeAt(0, start);
  const along = layers.flatMap((stage) => [...stage.values()]).reduce((sum, { alpha, gain }) => sum + alpha[0]! + gain.reduce((part, value, c) => part + value * Math.cos(c), 0), 0);
  const step = 2 ** -8;
  const difference = ((await opened.slopeAt(0, moved(step))).distance - (await opened.slopeAt(0, moved(-step))).distance) / (2 * step);
  await opened.close();
  expect(Math.abs(difference)).toBeGreaterThan(1e-4);
  expect(Math.abs(along - difference)).toBeLessThan(0.01 * Math.abs(difference) + 2e-5);
}

describe("gradients through whole networks, beside differences", () => {
  test.each(["gpt2-hf", "llama-hf", "bert-hf", "albert-hf", "vit-hf", "t5-hf", "clip-hf", "deberta-v3", "dyt-gpt2-partly", "caduceus-hf"])("%s", async (name) => {
    const { network, start } = await networkOf(name);
    const [batch] = await batchesOf(await openGolden(goldenFiles(join(golden, name))[0]!));
    await expectSlope(network, start, batch!);
  });

  test.each(["layernorm-traced-9", "layernorm-traced-11", "rmsnorm-traced-9", "layernorm-traced-17", "rmsnorm-dynamo-23"])("a graph, %s", async (name) => {
    const checkpoint = await openCheckpoint(join(exported, `${name}.onnx`));
    const { input, whole } = recogniseModel(checkpoint).architecture;
    const { batches } = await prepareInput(input, checkpoint.folder, { choice: { kind: "random" }, maxTokens: 7, seed: 0 });
    const stages = writeStages([whole!]);
    const start = stages[0]!.norms.map((norm): [string, ElementWiseValues] => [norm.name, valuesOfChannels(8)]);
    await expectSlope({ runtime: openOnnxRuntime(), stages, outcomes: 0, wholeBatches: true }, new Map(start), batches[0]!);
  });
});

test("tuning starts from the values that come nearest to the original", async () => {
  const { network, start: near } = await networkOf("gpt2-hf");
  const batches = [(await batchesOf(await openGolden(goldenFiles(join(golden, "gpt2-hf"))[0]!)))[0]!];
  const far: LayerValues = new Map([...near].map(([layer, values]) => [layer, { ...values, gain: values.gain.map((gain) => -3 * gain) }]));
  const broken: LayerValues = new Map([...near].map(([layer, values]) => [layer, { ...values, gain: values.gain.map(() => NaN) }]));
  const opened = await openTunedNetwork(network, batches, near, signal);
  expect(await opened.distanceAt(0, near)).toBeLessThan(await opened.distanceAt(0, far));
  await opened.close();
  const values = await tuneTogether({ network, batches, starts: [broken, far, near], steps: 0, signal, onSteps: () => undefined });
  for (const [layer, { gain }] of near) values.get(layer)!.gain.forEach((value, channel) => { expect(value).toBeCloseTo(gain[channel]!, 5); });
});

const request: ReplaceRequest = {
  ...{ kind: "replace", checkpoint: sample, input: { kind: "text", path: join(sample, "calibration.txt") }, maxTokens: 768, sequenceLength: 128, heldOutTokens: 384 },
  ...{ skipFirst: false, seed: 0, runtime: "onnxruntime", device: "cpu" },
};

const run = (changes: Partial<ReplaceRequest>, onProgress: (progress: Progress) => void = () => undefined, stop = signal) =>
  replaceCheckpoint({ ...request, ...changes }, { onProgress, signal: stop, measurer: localMeasurer(), prover: localProver });

test("tuned values cost less than those they start from, and are chosen", async () => {
  const { result, values } = await run({ tune: 12 });
  const { methods, chosen, tuneSteps, layers } = result.replacement!;
  const cost = (method: string): number => methods.find((one) => one.method === method)!.cost!;
  expect([chosen, tuneSteps]).toEqual(["tuned", 12]);
  expect(cost("tuned")).toBeLessThan(0.9 * cost("in-order-robust"));
  expect(layers.map(({ alpha }) => alpha)).toEqual(layers.map(({ name }) => values!.get(name)!.alpha));
});

test("tuning stops where it is told to", async () => {
  const controller = new AbortController();
  const stopped = run({ tune: 1000 }, ({ stage, done }) => { if (stage === "tuning all layers together" && done === 2) controller.abort(); }, controller.signal);
  await expect(stopped).rejects.toBeInstanceOf(CancelledError);
});

test("a network that no gradient can be written for is measured without, and says so", async () => {
  const { result } = await run({ checkpoint: join(exported, "layernorm-half.onnx"), input: { kind: "random" }, maxTokens: 64, sequenceLength: 7, heldOutTokens: 32, tune: 2 });
  expect(result.replacement!.methods.map(({ method }) => method)).not.toContain("tuned");
  expect(result.replacement).not.toHaveProperty("tuneSteps");
  expect(result.warnings.find(({ code }) => code === "not-tuned")?.message).toContain("no gradient for the operator Cast");
});
