import { onnx } from "onnx-proto";
import { expect, test } from "vitest";
import { graphArchitecture } from "../../../src/engine/architecture/graph";
import type { Checkpoint } from "../../../src/engine/checkpoint/checkpoint";
import { forward, writeStages } from "../../../src/engine/forward";
import { openOnnxRuntime } from "../../../src/engine/runtime/onnxruntime";
import type { Tensor } from "../../../src/engine/tensor";
import { scattered, Writer } from "./model";

const checkpoint: Checkpoint = { path: "model.onnx", folder: ".", format: "onnx", tensors: new Map() };

test("a graph that was exported in training mode is run without its dropout, and that is said", async () => {
  const w = new Writer([2, 64]);
  w.initializers.push({ name: "training", dataType: onnx.TensorProto.DataType.BOOL, dims: [], int32Data: [1] });
  const dropped = w.op("Dropout", [w.op("Identity", ["x"]), w.float(0.5), "training"]);
  const { stages, assumptions } = graphArchitecture(checkpoint, w.graph(w.op("LayerNormalization", [dropped, w.floats("ln.weight", [64], scattered(64, 1))], { axis: -1 })));
  expect(assumptions.join()).toContain("drop values at random");
  const fed: Tensor = { type: "float32", shape: [2, 64], data: Float32Array.from(scattered(128, 2)) };
  const inputs: Tensor[] = [];
  await forward(openOnnxRuntime(), writeStages(stages), [{ feeds: { x: fed }, sequences: 1, sequenceLength: 2 }], {
    onNormCalls: (calls) => { inputs.push(...calls.map(({ input }) => input)); return Promise.resolve(); },
  });
  expect(inputs).toEqual([fed]);
});

test("a graph of use says nothing of dropout", () => {
  const w = new Writer([2, 4]);
  const kept = w.op("Dropout", ["x"]);
  expect(graphArchitecture(checkpoint, w.graph(w.op("LayerNormalization", [kept, w.floats("ln.weight", [4], [1, 1, 1, 1])], { axis: -1 }))).assumptions).toEqual([]);
});
