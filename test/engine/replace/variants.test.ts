import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { recogniseModel } from "../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { forward, writeStages, type WrittenStage } from "../../../src/engine/forward";
import { replaceNorms, type ElementWiseValues } from "../../../src/engine/graph/replace";
import { batchSequences } from "../../../src/engine/input/batch";
import { runVariants } from "../../../src/engine/replace/variants";
import { openOnnxRuntime } from "../../../src/engine/runtime/onnxruntime";
import type { Runtime } from "../../../src/engine/runtime/runtime";
import { surveyNorms } from "../../../src/engine/survey";

const sample = join(import.meta.dirname, "../../../media/samples/gpt2");
const batches = batchSequences([Array.from({ length: 24 }, (_, index) => (31 * index) % 1024)], 1024);

/** Counts what is opened and run. */
function counting(): { runtime: Runtime; opened: () => number; runs: () => number } {
  const inner = openOnnxRuntime();
  let opened = 0;
  let runs = 0;
  const runtime: Runtime = {
    ...{ name: inner.name, device: inner.device, version: inner.version },
    open: async (graph) => {
      opened += 1;
      const session = await inner.open(graph);
      return { run: (feeds, fetches) => { runs += 1; return session.run(feeds, fetches); }, close: () => session.close() };
    },
  };
  return { runtime, opened: () => opened, runs: () => runs };
}

const values = (alpha: number): ElementWiseValues => ({ curve: "tanh", alpha, shift: 0, gain: new Float32Array(128).fill(1.5), offset: new Float32Array(128), shape: [128] });

describe("variants", () => {
  let stages: readonly WrittenStage[];
  let names: readonly string[];
  beforeAll(async () => {
    stages = writeStages(recogniseModel(await openCheckpoint(sample)).architecture.stages);
    names = [...surveyNorms(stages).keys()];
  });

  const replacing = (...chosen: readonly string[]): { valuesOf: (norm: { name: string }) => ElementWiseValues | undefined } => {
    const known = new Map(chosen.map((name) => [name, values(0.3)]));
    return { valuesOf: ({ name }) => known.get(name) };
  };

  test("give what a run of the replaced network from the start gives", async () => {
    const chosen = [names[3]!, names[8]!];
    const { valuesOf } = replacing(...chosen);
    const { original, variants } = await runVariants(openOnnxRuntime(), stages, batches, [{ valuesOf }, replacing()]);
    const whole = await forward(openOnnxRuntime(), stages.map((stage) => ({ ...stage, graph: replaceNorms(stage.graph, stage.norms, valuesOf), norms: [] })), batches);
    const [output] = Object.keys(whole.outputs[0]!);
    expect(variants[0]![0]![output!]).toEqual(whole.outputs[0]![output!]);
    expect(variants[0]![0]![output!]).not.toEqual(original[0]![output!]);
    expect(variants[1]![0]).toBe(original[0]);
  });

  test("run only what lies behind their first replacement", async () => {
    const { runtime, opened, runs } = counting();
    // The embedding, six blocks with two norms each, the final norm.
    expect([stages.length, names.length]).toEqual([8, 13]);
    await runVariants(runtime, stages, batches, names.map((name) => replacing(name)));
    const behind = names.reduce((sum, _, index) => sum + stages.length - (1 + Math.floor(index / 2)), 0);
    expect(runs()).toBe(stages.length + behind);
    // Each variant has one stage that is its own; everything else is shared.
    expect(opened()).toBe(stages.length + names.length);
  });

  test("that have the same values in a stage share its session", async () => {
    const { runtime, opened } = counting();
    const known = new Map(names.map((name) => [name, values(0.3)]));
    const upTo = (count: number): { valuesOf: (norm: { name: string }) => ElementWiseValues | undefined } => ({ valuesOf: ({ name }) => (names.indexOf(name) < count ? known.get(name) : undefined) });
    await runVariants(runtime, stages, batches, [upTo(2), upTo(4)]);
    expect(opened()).toBe(stages.length + 2);
  });

  test("a control runs from the start and gives the very same", async () => {
    const { runtime, runs } = counting();
    const { original, variants } = await runVariants(runtime, stages, batches, [{ ...replacing(), runsWhole: true }]);
    expect(runs()).toBe(2 * stages.length);
    expect(variants[0]).toEqual(original);
    expect(variants[0]![0]).not.toBe(original[0]);
  });
});
