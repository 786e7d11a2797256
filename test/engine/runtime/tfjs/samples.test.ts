import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { recogniseModel } from "../../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../../src/engine/checkpoint/formats";
import { forward, writeStages, type NormCall } from "../../../../src/engine/forward";
import { batchSequences } from "../../../../src/engine/input/batch";
import type { Batch } from "../../../../src/engine/input/input";
import { openOnnxRuntime } from "../../../../src/engine/runtime/onnxruntime";
import type { Runtime } from "../../../../src/engine/runtime/runtime";
import { openTfjs } from "../../../../src/engine/runtime/tfjs/tfjs";
import { concatenate, worstError } from "../../golden";
import { testedBackends } from "./backends";

const root = join(import.meta.dirname, "../../../..");

/** Two sequences of ids below a vocabulary's size. */
function sequences(vocabulary: number, length: number): Batch[] {
  const rows = [0, 1].map((row) => Array.from({ length }, (_, position) => (position * 7919 + row * 31) % vocabulary));
  return batchSequences(rows, 1024);
}

function picture(size: number): Batch[] {
  const data = Float32Array.from({ length: 2 * 3 * size * size }, (_, index) => Math.sin(index / 7));
  return [{ feeds: { pixel_values: { type: "float32", shape: [2, 3, size, size], data } }, sequences: 2, sequenceLength: 1 }];
}

const models = [
  ["media/samples/gpt2", sequences(256, 60)],
  ["media/samples/vit", picture(32)],
  ["../shared/fixtures/gpt-nano-sort/model.safetensors", sequences(3, 11)],
  ["../shared/fixtures/stories260K/hf", sequences(512, 100)],
] as const;

async function normCalls(runtime: Runtime, path: string, batches: readonly Batch[]): Promise<NormCall[]> {
  const { architecture } = recogniseModel(await openCheckpoint(join(root, path)));
  const calls: NormCall[] = [];
  await forward(runtime, writeStages(architecture.stages), batches, {
    onNormCalls: (seen) => {
      calls.push(...seen);
      return Promise.resolve();
    },
  });
  return calls;
}

describe.each(testedBackends)("trained models on tfjs/$device", ({ device, options }) => {
  let tfjs: Runtime;
  beforeAll(async () => {
    tfjs = await openTfjs(device, options);
  });

  for (const [path, batches] of models) {
    test.skipIf(!existsSync(join(root, path)))(`${path}: every norm's input is onnxruntime's (skipped where it is absent)`, async () => {
      const expected = await normCalls(openOnnxRuntime(), path, batches);
      const actual = await normCalls(tfjs, path, batches);
      expect(actual.map((call) => call.norm.name)).toEqual(expected.map((call) => call.norm.name));
      expect(actual.length).toBeGreaterThan(2);
      for (const [index, { norm, input }] of actual.entries()) {
        expect(input.shape).toEqual(expected[index]!.input.shape);
        expect(worstError(concatenate([input]), concatenate([expected[index]!.input])), norm.name).toBeLessThan(1e-5);
      }
    });
  }
});
