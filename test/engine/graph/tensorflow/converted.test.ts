import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../../../../src/engine/checkpoint/formats";
import { convertCheckpoint } from "../../../../src/engine/convert/convert";
import { inputNames, outputNames } from "../../../../src/engine/graph/graph";
import { findNorms } from "../../../../src/engine/graph/norms";
import { openOnnxRuntime } from "../../../../src/engine/runtime/onnxruntime";
import { context, request } from "../../convert/conversion";
import { goldenOf, unpacked } from "./models";

describe("a model of TensorFlow becomes ONNX with DyT in the place of its norms", () => {
  test.each([["keras-text", ""], ["keras-image", "saved_model.pb"], ["first-bert", ""], ["fused-norm", ""], ["tfjs-text-uint8", "model.json"]])("%s", async (model, file) => {
    const path = join(await unpacked(model), file);
    const asked = await request(path);
    const { target, files } = await convertCheckpoint({ ...asked, analysis: { ...asked.analysis, sequenceLength: 8 } }, context);
    expect(files).toContain("model.onnx");
    const [original, { graph }] = await Promise.all([openCheckpoint(path), openCheckpoint(join(target, "model.onnx"))]);
    expect([inputNames(graph!), outputNames(graph!)]).toEqual([inputNames(original.graph!), outputNames(original.graph!)]);
    expect(findNorms(graph!).map(({ name, kind }) => ({ name, kind }))).toEqual(findNorms(original.graph!).map(({ name }) => ({ name, kind: "dyt" })));
    const { feeds, outputs } = goldenOf(model);
    const session = await openOnnxRuntime().open(graph!);
    const converted = await session.run(feeds, Object.keys(outputs));
    await session.close();
    for (const [name, { shape }] of Object.entries(outputs)) {
      expect(converted[name]!.shape).toEqual(shape);
      expect(Array.from(converted[name]!.data, Number).every(Number.isFinite)).toBe(true);
    }
  });
});
