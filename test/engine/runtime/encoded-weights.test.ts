import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { readTensor } from "../../../src/engine/checkpoint/tensor-data";
import { GraphBuilder } from "../../../src/engine/graph/builder";
import { openOnnxRuntime } from "../../../src/engine/runtime/onnxruntime";
import type { Runtime } from "../../../src/engine/runtime/runtime";
import { openTfjs } from "../../../src/engine/runtime/tfjs/tfjs";

const golden = join(import.meta.dirname, "../checkpoint/golden");
const quantised = (await openCheckpoint(join(golden, "quantised.gguf"))).tensors;
const strided = (await openCheckpoint(join(golden, "zip.pt"))).tensors;

const runtimes: readonly [string, Runtime][] = [
  ["onnxruntime", openOnnxRuntime()],
  ["tfjs on wasm", await openTfjs("wasm", {})],
];

describe.each(runtimes)("%s computes with weights that it can't map", (_, runtime) => {
  test.each([
    ["quantised", quantised.get("Q4_K")!],
    ["quantised in small blocks", quantised.get("Q8_0")!],
    ["transposed", strided.get("transposed")!],
  ])("%s, whole and by rows", async (_name, weight) => {
    const builder = new GraphBuilder("encoded");
    const width = weight.shape[1]!;
    const whole = builder.add(builder.weight(weight), builder.input("zero", "float32", [1]));
    builder.output(whole, "whole");
    const rows = new GraphBuilder("rows");
    rows.output(rows.lookUp(weight, rows.input("ids", "int64", [2])), "rows");

    const values = await readTensor(weight);
    const first = await runtime.open(builder.build());
    const { whole: all } = await first.run({ zero: { type: "float32", shape: [1], data: Float32Array.of(0) } }, ["whole"]);
    expect(all!.data).toEqual(values);
    const second = await runtime.open(rows.build());
    const { rows: some } = await second.run({ ids: { type: "int64", shape: [2], data: BigInt64Array.of(2n, 0n) } }, ["rows"]);
    expect(some!.data).toEqual(Float32Array.of(...values.slice(2 * width, 3 * width), ...values.slice(0, width)));
    await Promise.all([first.close(), second.close()]);
  });
});
