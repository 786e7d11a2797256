import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { curves } from "../../../src/analysis/curves";
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
import { elementCount, type Tensor } from "../../../src/engine/tensor";
import type { ReplacementCurve } from "../../../src/shared/replacement";
import { batchesOf, goldenCases, goldenFiles, openGolden } from "../golden";

const fixtures = join(import.meta.dirname, "../../../../shared/fixtures");
const alpha = 0.7;
const curveOf = (index: number): ReplacementCurve => (["tanh", "erf", "isru"] as const)[index % 3]!;

/** Values that are different in every channel. */
function valuesFor(shape: readonly number[], index: number): ElementWiseValues {
  const count = elementCount(shape);
  const curve = curveOf(index);
  return { curve, alpha, shift: curve === "erf" ? 0.2 : 0, shape, gain: Float32Array.from({ length: count }, (_, c) => 1 + c / count), offset: Float32Array.from({ length: count }, (_, c) => c / count - 0.5) };
}

/** gain * f(alpha x + shift) + offset, element by element. */
function expected({ shape, data }: Tensor, values: ElementWiseValues): Float32Array {
  const inner = shape.slice(shape.length - values.shape.length);
  const strides = values.shape.map((size, axis) => (size === 1 ? 0 : elementCount(values.shape.slice(axis + 1))));
  return Float32Array.from(data as Float32Array, (x, index) => {
    let rest = index % elementCount(inner);
    const channel = inner.reduceRight((sum, size, axis) => {
      const place = rest % size;
      rest = Math.floor(rest / size);
      return sum + place * strides[axis]!;
    }, 0);
    return values.gain[channel]! * curves[values.curve].value(values.alpha * x + values.shift) + values.offset[channel]!;
  });
}

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
    const taps = [...new Set(seen.flatMap(({ input, output }) => [input, output]))].filter((value) => !outside.has(value));
    const session = await runtime.open(withOutputs(graph, taps));
    const feeds = Object.fromEntries(Object.entries(values).filter(([name]) => outside.has(name)));
    const all: Values = { ...values, ...await session.run(feeds, [...outputNames(graph), ...taps]) };
    await session.close();
    for (const { name, input, output } of seen) {
      const actual = all[output]!.data as Float32Array;
      const wanted = expected(all[input]!, known.get(name)!);
      expect(actual).toHaveLength(wanted.length);
      for (let i = 0; i < wanted.length; i++) if (Math.abs(actual[i]! - wanted[i]!) > tolerance) expect.fail(`${name}: element ${i} is ${actual[i]!}, not ${wanted[i]!}`);
      compared += 1;
    }
    values = all;
  }
  return compared;
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
