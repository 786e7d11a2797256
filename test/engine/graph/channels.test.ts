import { expect, test } from "vitest";
import { GraphBuilder } from "../../../src/engine/graph/builder";
import { channelsOf } from "../../../src/engine/graph/channels";
import type { Value } from "../../../src/engine/graph/graph";
import type { NormNode } from "../../../src/engine/graph/norms";

const over = { from: -1 };
const ones = (shape: readonly number[]) => Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => 1);

/** What is told of a norm x -> y, whose output goes on as `behind` writes it. */
function channels(shape: readonly (number | string)[], behind: (g: GraphBuilder, y: Value, matrix: (rows: number, columns: number) => Value) => Value, norm: Partial<NormNode> = {}): number {
  const g = new GraphBuilder("graph");
  const y = g.op("Tanh", [g.op("Tanh", [g.input("x", "float32", shape)])]);
  g.output(behind(g, y, (rows, columns) => g.floats("matrix", [rows, columns], () => ones([rows, columns]))), "out");
  const graph = g.build();
  const [first, second] = graph.model.graph!.node!;
  return channelsOf(graph, { input: first!.output![0]!, output: second!.output![0]!, over, ...norm });
}

test("the product behind a norm tells", () => {
  expect(channels(["n", "m"], (g, y, matrix) => g.op("MatMul", [y, matrix(6, 9)]))).toBe(6);
  expect(channels(["n", "m"], (g, y, matrix) => g.op("Gemm", [y, matrix(9, 6)], { transB: { int: 1 } }))).toBe(6);
  expect(channels(["n", "m"], (g, y, matrix) => g.op("MatMul", [g.op("Add", [y, g.float(1)]), g.op("Transpose", [matrix(9, 6)])]))).toBe(6);
});

test("as far as TensorFlow's rows go, and no further", () => {
  const reshaped = (g: GraphBuilder, y: Value): Value => g.op("Reshape", [y, g.ints([-1, 6])]);
  expect(channels(["n", "m", "k"], (g, y, matrix) => g.op("MatMul", [reshaped(g, g.op("Transpose", [y])), matrix(6, 9)]), { over: { axes: [2] } })).toBe(6);
  expect(channels(["n", "m", "k"], (g, y, matrix) => g.op("MatMul", [reshaped(g, y), matrix(6, 9)]))).toBe(0);
  expect(channels(["n", "m"], (g, y) => g.op("Softmax", [y]))).toBe(0);
});

test("the shape of what is fed tells, over one axis or several", () => {
  const unread = (g: GraphBuilder, y: Value): Value => g.op("Tanh", [y]);
  expect(channels(["n", 5, 7], unread, { input: "x" })).toBe(7);
  expect(channels(["n", 5, 7], unread, { input: "x", over: { from: -2 } })).toBe(35);
  expect(channels(["n", 5, "m"], unread, { input: "x" })).toBe(0);
});
