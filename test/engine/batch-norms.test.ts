import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onnx } from "onnx-proto";
import { expect, test } from "vitest";
import { inspectCheckpoint } from "../../src/engine/inspect";
import { batchNormsOf } from "../../src/engine/batch-norms";
import type { TensorReference } from "../../src/engine/checkpoint/checkpoint";
import { refusal, temporaryFolder } from "./checkpoint/files";
import { scattered, Writer } from "./graph/model";

async function written(hasLayerNorm: boolean): Promise<string> {
  const w = new Writer([1, 4, 2, 2]);
  const vector = (name: string): string => w.floats(name, [4], scattered(4).map(Math.abs));
  const batchNorm = (name: string, x: string): string => w.op("BatchNormalization", [x, ...["weight", "bias", "running_mean", "running_var"].map((part) => vector(`${name}.${part}`))]);
  const y = batchNorm("layer1.bn2", batchNorm("bn1", "x"));
  const { model } = w.graph(hasLayerNorm ? w.op("LayerNormalization", [y, w.floats("ln.weight", [2], [1, 2])]) : y);
  const path = join(await temporaryFolder(), "model.onnx");
  await writeFile(path, onnx.ModelProto.encode(model).finish());
  return path;
}

test("batch norms of a graph are named as no candidates", async () => {
  const { norms, batchNorms } = await inspectCheckpoint(await written(true));
  expect(norms.map(({ name }) => name)).toEqual(["ln"]);
  expect(batchNorms).toEqual(["bn1", "layer1.bn2"]);
});

test("a graph of batch norms alone is refused with the reason", async () => {
  expect(await refusal(inspectCheckpoint(await written(false)))).toMatch(/has batch norms alone \(2\), which are no candidates: batch norm has no per-token statistics/);
});

test("batch norms of a state dict are told by their statistics", () => {
  const names = ["bn.weight", "bn.running_mean", "bn.running_var", "other.running_mean", "ln.weight"];
  expect(batchNormsOf({ tensors: new Map(names.map((name) => [name, {} as TensorReference])) })).toEqual(["bn"]);
});
