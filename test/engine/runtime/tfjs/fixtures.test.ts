import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { onnx } from "onnx-proto";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { beforeAll, describe, expect, test } from "vitest";
import { outputNames } from "../../../../src/engine/graph/graph";
import type { Runtime } from "../../../../src/engine/runtime/runtime";
import { openTfjs } from "../../../../src/engine/runtime/tfjs/tfjs";
import { worstError } from "../../golden";
import { testedBackends } from "./backends";

const fixtures = join(import.meta.dirname, "../../../../../shared/fixtures");

/** Models that others exported, with the shape of their ids, the number of ids, and the type in which onnxruntime wants them. */
const models = [
  ["gpt-nano-sort/opset11.onnx", [1, 11], 3, "int64"],
  ["gpt-nano-sort/opset17.onnx", [1, 11], 3, "int64"],
  ["stories260K/hf/model.onnx", [1, 4], 512, "int64"],
  ["magika/standard_v3_3.onnx", [2, 2048], 257, "int32"],
] as const;

describe.skipIf(!existsSync(fixtures)).each(testedBackends)("exported graphs on tfjs/$device (skipped where ../shared/fixtures is absent)", ({ device, options }) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openTfjs(device, options);
  });

  test.each(models)("%s gives what onnxruntime gives", async (path, shape, count, type) => {
    const bytes = await readFile(join(fixtures, path));
    const graph = { model: onnx.ModelProto.decode(bytes), weights: new Map() };
    const input = graph.model.graph!.input![0]!.name!;
    const ids = Array.from({ length: shape[0] * shape[1] }, (_, index) => (index * 7919 + 3) % count);
    const wanted = type === "int64" ? new OrtTensor("int64", BigInt64Array.from(ids, BigInt), shape) : new OrtTensor("int32", Int32Array.from(ids), shape);
    const expected = await (await InferenceSession.create(bytes)).run({ [input]: wanted });
    const session = await runtime.open(graph);
    const actual = await session.run({ [input]: { type: "int64", shape, data: BigInt64Array.from(ids, BigInt) } }, outputNames(graph));
    await session.close();
    for (const name of outputNames(graph)) {
      expect(actual[name]!.shape).toEqual(expected[name]!.dims);
      expect(worstError(actual[name]!.data as Float32Array, expected[name]!.data as Float32Array), name).toBeLessThan(1e-5);
    }
  });
});
