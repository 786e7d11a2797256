import { expect, test } from "vitest";
import { forward, type NormCall } from "../../src/engine/forward";
import { GraphBuilder } from "../../src/engine/graph/builder";
import { findNorms } from "../../src/engine/graph/norms";
import { prunedTo } from "../../src/engine/graph/prune";
import { openOnnxRuntime } from "../../src/engine/runtime/onnxruntime";
import type { Tensor } from "../../src/engine/tensor";

test("a norm of what a graph is fed is seen, though nothing is left to run", async () => {
  const builder = new GraphBuilder("norm alone");
  const x = builder.input("x", "float32", ["rows", 4]);
  builder.output(builder.norm(x, { name: "ln", kind: "layernorm", role: "other", depth: 0, eps: 1e-5, weight: { name: "ln.weight", file: "/no/file", dtype: "F32", shape: [4], offset: 0, length: 16 } }), "y");
  const whole = builder.build();
  const fed: Tensor = { type: "float32", shape: [2, 4], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
  const calls: NormCall[] = [];
  await forward(openOnnxRuntime(), [{ name: "graph", graph: prunedTo(whole, [x]), norms: findNorms(whole) }], [{ feeds: { x: fed }, sequences: 1, sequenceLength: 2 }], {
    onNormCalls: (seen) => { calls.push(...seen); return Promise.resolve(); },
  });
  expect(calls.map(({ norm, input }) => [norm.name, input])).toEqual([["ln", fed]]);
});
