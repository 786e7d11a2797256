import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { recogniseModel } from "../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { forward, writeStages } from "../../../src/engine/forward";
import { findNorms } from "../../../src/engine/graph/norms";
import { prepareInput } from "../../../src/engine/input/prepare";
import { openOnnxRuntime } from "../../../src/engine/runtime/onnxruntime";
import { openTfjs } from "../../../src/engine/runtime/tfjs/tfjs";
import type { Tensor } from "../../../src/engine/tensor";
import { scattered } from "./model";
import { refusal } from "../checkpoint/files";
import { worstError } from "../golden";
import { compareNorms } from "./norm-values";

/** Made by exported/make_exported.py: small modules, each exported by both exporters of PyTorch at several opsets. */
const folder = join(import.meta.dirname, "exported");

interface ExpectedNorm {
  readonly name: string;
  readonly kind: string;
  readonly eps: number;
}
const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Record<string, ExpectedNorm[]>;
const models = Object.entries(expected).filter(([, norms]) => norms.length > 0);
const without = Object.entries(expected).filter(([, norms]) => norms.length === 0);

const feeds: Readonly<Record<string, Tensor>> = {
  input_ids: { type: "int64", shape: [1, 7], data: BigInt64Array.from([3, 1, 4, 1, 5, 9, 2], BigInt) },
  pixel_values: { type: "float32", shape: [1, 3, 6, 5], data: Float32Array.from(scattered(90)) },
  x: { type: "float32", shape: [1, 4, 6], data: Float32Array.from(scattered(24)) },
};

describe("what PyTorch exports", () => {
  test.each(models)("%s: all norms are found", async (model, norms) => {
    const { graph } = await openCheckpoint(join(folder, `${model}.onnx`));
    const found = findNorms(graph!);
    expect(found.map(({ name, kind, eps }) => ({ name, kind, eps }))).toEqual(norms);
  });

  test.each(without)("%s: nothing is found", async (model) => {
    const checkpoint = await openCheckpoint(join(folder, `${model}.onnx`));
    expect(findNorms(checkpoint.graph!)).toEqual([]);
    expect(await refusal(Promise.resolve().then(() => recogniseModel(checkpoint)))).toContain("has batch norms alone (1), which are no candidates");
  });

  const inFloat32 = models.filter(([model]) => !model.endsWith("-half"));
  test.each(inFloat32)("%s: the norms compute what was found out about them", async (model) => {
    const { graph } = await openCheckpoint(join(folder, `${model}.onnx`));
    const input = graph!.model.graph!.input![0]!.name!;
    const compared = await compareNorms(openOnnxRuntime(), graph!, { [input]: feeds[input]! });
    for (const { node, worstError } of compared.filter((one) => one.node.kind !== "groupnorm")) expect(worstError, node.name).toBeLessThan(2e-5);
  });

  test.each(models)("%s: onnxruntime and tfjs see the same inputs of norms", async (model) => {
    const checkpoint = await openCheckpoint(join(folder, `${model}.onnx`));
    const { architecture } = recogniseModel(checkpoint);
    const { batches } = await prepareInput(architecture.input, folder, { choice: { kind: "random" }, maxTokens: 14, seed: 3 });
    const stages = writeStages(architecture.stages);
    const seen = await Promise.all([openOnnxRuntime(), await openTfjs("wasm")].map(async (runtime) => {
      const inputs: Tensor[] = [];
      await forward(runtime, stages, batches.slice(0, 2), { onNormCalls: (calls) => { inputs.push(...calls.map((call) => call.input)); return Promise.resolve(); } });
      return inputs;
    }));
    const [onnx, tfjs] = seen as [Tensor[], Tensor[]];
    expect(onnx).toHaveLength(expected[model]!.length * Math.min(2, batches.length));
    const tolerance = model.endsWith("-half") ? 2e-2 : 2e-5;
    for (const [index, { shape, data }] of onnx.entries()) {
      expect(tfjs[index]!.shape).toEqual(shape);
      expect(worstError(tfjs[index]!.data as Float32Array, data as Float32Array), `${model} norm ${index}`).toBeLessThan(tolerance);
    }
  });
});
