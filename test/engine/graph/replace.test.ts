import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { recogniseModel } from "../../../src/engine/architecture/families";
import type { Architecture } from "../../../src/engine/architecture/architecture";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { writeStages, type Values, type WrittenStage } from "../../../src/engine/forward";
import { inputNames, outputNames, withOutputs } from "../../../src/engine/graph/graph";
import { findNorms, tapNorms, type NormNode } from "../../../src/engine/graph/norms";
import { replaceNorms, type ElementWiseValues } from "../../../src/engine/graph/replace";
import type { Batch } from "../../../src/engine/input/input";
import { prepareInput } from "../../../src/engine/input/prepare";
import { readNorm } from "../../../src/engine/norm-measurements";
import { channelShape, type RowsOfNorm } from "../../../src/engine/norm-rows";
import { openOnnxRuntime } from "../../../src/engine/runtime/onnxruntime";
import { findEngine } from "../../../src/engine/runtime/runtimes";
import type { Runtime } from "../../../src/engine/runtime/runtime";
import { surveyNorms } from "../../../src/engine/survey";
import { batchesOf, goldenCases, goldenFiles, openGolden } from "../golden";
import { replacedValues, valuesFor } from "./replaced-values";

const fixtures = join(import.meta.dirname, "../../../../shared/fixtures");
/** Runs stage after stage with every norm replaced that can be, and compares what each layer gives with what it should. @returns how many were compared. */
async function compareLayers(runtime: Runtime, stages: readonly WrittenStage[], batch: Batch, tolerance: number): Promise<number> {
  const survey = surveyNorms(stages);
  const norms = new Map<string, RowsOfNorm>();
  for (const [name, surveyed] of survey) norms.set(name, await readNorm(surveyed));
  const known = new Map<string, ElementWiseValues>();
  let values: Values = batch.feeds;
  let compared = 0;
  for (const stage of stages) {
    await settleShapes(runtime, stage, values, norms, known);
    const graph = replaceNorms(stage.graph, stage.norms, ({ name }) => known.get(name));
    const seen = stage.norms.filter(({ name }) => known.has(name));
    const left = findNorms(graph).filter(({ trained }) => !trained).map(({ name }) => name);
    expect(left.filter((name) => known.has(name))).toEqual([]);
    const outside = new Set([...inputNames(graph), ...outputNames(graph)]);
    const taps = [...new Set(seen.flatMap((norm) => [norm.input, inFloat32(norm)]))].filter((value) => !outside.has(value));
    const session = await runtime.open(withOutputs(graph, taps));
    const feeds = Object.fromEntries(Object.entries(values).filter(([name]) => outside.has(name)));
    const all: Values = { ...values, ...await session.run(feeds, [...outputNames(graph), ...taps]) };
    await session.close();
    for (const { name, input, ...norm } of seen) {
      const actual = all[inFloat32(norm)]!.data as Float32Array;
      const wanted = replacedValues(all[input]!, known.get(name)!);
      expect(actual).toHaveLength(wanted.length);
      for (let i = 0; i < wanted.length; i++) if (Math.abs(actual[i]! - wanted[i]!) > tolerance) expect.fail(`${name}: element ${i} is ${actual[i]!}, not ${wanted[i]!}`);
      compared += 1;
    }
    values = all;
  }
  return compared;
}

/** What a layer gives, before it gets the type of a norm that gave another. */
function inFloat32({ output, outputType }: Pick<NormNode, "output" | "outputType">): string {
  return outputType === undefined ? output : `${output}/float32`;
}

/** What a gain broadcasts as is told by what reaches a norm in the original network. */
async function settleShapes(runtime: Runtime, { graph, norms: nodes }: WrittenStage, values: Values, norms: ReadonlyMap<string, RowsOfNorm>, known: Map<string, ElementWiseValues>): Promise<void> {
  const fresh = nodes.filter(({ name, trained }: NormNode) => !known.has(name) && !trained);
  if (fresh.length === 0) return;
  const tapped = tapNorms(graph, nodes);
  const session = await runtime.open(tapped.graph);
  const inputs = new Set(inputNames(graph));
  const seen: Values = { ...values, ...await session.run(Object.fromEntries(Object.entries(values).filter(([name]) => inputs.has(name))), [...outputNames(graph), ...tapped.taps]) };
  await session.close();
  for (const { name, input } of fresh) {
    const shape = channelShape(norms.get(name)!, seen[input]!);
    if (shape) known.set(name, valuesFor(shape, known.size));
  }
}

async function architectureOf(path: string): Promise<Architecture> {
  return recogniseModel(await openCheckpoint(path)).architecture;
}

describe("every family with its norms replaced gives, layer by layer, what was asked for", () => {
  test.each(goldenCases().map((folder) => [basename(folder), folder] as const))("%s", async (_, folder) => {
    const [batch] = await batchesOf(await openGolden(goldenFiles(folder)[0]!));
    const stages = writeStages((await architectureOf(folder)).stages);
    const isReplaced = stages.every(({ norms }) => norms.every(({ trained }) => trained));
    expect(await compareLayers(openOnnxRuntime(), stages, batch!, 1e-4) === 0).toBe(isReplaced);
  });
});

describe("on every engine of the processor", () => {
  test.each(["wasm", "cpu"])("tfjs on %s", async (device) => {
    const folder = goldenCases().find((one) => basename(one) === "gpt2-hf")!;
    const runtime = await findEngine({ runtime: "tfjs", device }).open({});
    const [batch] = await batchesOf(await openGolden(goldenFiles(folder)[0]!));
    expect(await compareLayers(runtime, writeStages((await architectureOf(folder)).stages), batch!, 1e-4)).toBe((await openGolden(goldenFiles(folder)[0]!)).norms.length);
  });
});

describe("graphs that compute in float16", () => {
  test.each(["layernorm-half", "layernorm-traced-11-half", "rmsnorm-traced-13-half"])("%s", async (name) => {
    const checkpoint = await openCheckpoint(join(import.meta.dirname, "exported", `${name}.onnx`));
    const { input, whole } = recogniseModel(checkpoint).architecture;
    const { batches } = await prepareInput(input, checkpoint.folder, { choice: { kind: "random" }, maxTokens: 14, seed: 0 });
    for (const runtime of [openOnnxRuntime(), await findEngine({ runtime: "tfjs", device: "cpu" }).open({})]) {
      expect(await compareLayers(runtime, writeStages([whole!]), batches[0]!, 1e-4)).toBe(5);
    }
  });
});

describe.skipIf(!existsSync(fixtures))("graphs of others (skipped where ../shared/fixtures is absent)", () => {
  test.each([
    ["gpt-nano-sort/opset11.onnx", 7],
    ["gpt-nano-sort/opset17.onnx", 7],
    ["stories260K/hf/model.onnx", 11],
    ["magika/standard_v3_3.onnx", 2],
  ])("%s", async (file, count) => {
    const checkpoint = await openCheckpoint(join(fixtures, file));
    const architecture = recogniseModel(checkpoint).architecture;
    const { batches } = await prepareInput(architecture.input, checkpoint.folder, { choice: { kind: "random" }, maxTokens: 64, seed: 0 });
    expect(await compareLayers(openOnnxRuntime(), writeStages([architecture.whole!]), batches[0]!, 1e-4)).toBe(count);
  });
});
