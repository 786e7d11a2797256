import { onnx } from "onnx-proto";
import { describe, expect, test } from "vitest";
import { gradientGraph, gradientOf } from "../../../../src/engine/graph/gradient/gradients";
import { NoGradientError } from "../../../../src/engine/graph/gradient/rule";
import { inVersion16 } from "../../../../src/engine/graph/gradient/version-16";
import { operatorSetOf, outputNames, type Graph, type Value } from "../../../../src/engine/graph/graph";
import { openOnnxRuntime } from "../../../../src/engine/runtime/onnxruntime";
import { elementCount, type Tensor } from "../../../../src/engine/tensor";
import { corpus } from "../corpus";
import { scattered, Writer } from "../model";

const runtime = openOnnxRuntime();
const shape = [2, 3, 4];
const x: Tensor = { type: "float32", shape, data: Float32Array.from(scattered(elementCount(shape), 2)) };

async function run(graph: Graph): Promise<Tensor> {
  const session = await runtime.open(graph);
  const [output] = (graph.model.graph?.output ?? []).map(({ name }) => name ?? "");
  return (await session.run({ x }, [output!]).finally(() => session.close()))[output!]!;
}

/** A node with several outputs, of which the first counts. */
function first(w: Writer, node: onnx.INodeProto, output: Value): Value {
  w.nodes.push({ ...node, output: [output, ...(node.output ?? [])] });
  return output;
}

const whole = (name: string, i: number): onnx.IAttributeProto => ({ name, type: onnx.AttributeProto.AttributeType.INT, i });
const list = (name: string, ints: number[]): onnx.IAttributeProto => ({ name, type: onnx.AttributeProto.AttributeType.INTS, ints });

describe("operators of before version 16 compute the same in it", () => {
  test.each<[string, number, (w: Writer) => Value]>([
    ["ReduceSum", 12, (w) => w.op("ReduceSum", ["x"], { axes: [0, -1], keepdims: 0 })],
    ["ReduceSum over all", 9, (w) => w.op("ReduceSum", ["x"])],
    ["Unsqueeze and Squeeze", 11, (w) => w.op("Squeeze", [w.op("Unsqueeze", ["x"], { axes: [0, 2] })], { axes: [2] })],
    ["Squeeze of all", 7, (w) => w.op("Squeeze", [w.op("Unsqueeze", ["x"], { axes: [1] })])],
    ["Split into these sizes", 11, (w) => first(w, { opType: "Split", input: ["x"], output: ["rest"], attribute: [whole("axis", 2), list("split", [1, 3])] }, "part")],
    ["Split evenly", 9, (w) => first(w, { opType: "Split", input: ["x"], output: ["rest"], attribute: [whole("axis", 2)] }, "part")],
    ["Slice along some axes", 9, (w) => w.op("Slice", ["x"], { starts: [1, -3], ends: [3, -1], axes: [1, 2] })],
    ["Slice along the first axes", 7, (w) => w.op("Slice", ["x"], { starts: [1], ends: [1000] })],
    ["Slice by inputs", 11, (w) => w.op("Slice", ["x", w.integers([-1]), w.integers([-1000]), w.integers([2]), w.integers([-2])])],
    ["Pad with a number", 10, (w) => w.op("Pad", ["x"], { pads: [0, 1, 0, 0, 0, 2], value: 1.5 })],
    ["Pad with zeros", 7, (w) => w.op("Pad", ["x"], { pads: [1, 0, 0, 0, 0, 0] })],
    ["Clip from both sides", 9, (w) => w.op("Clip", ["x"], { min: -0.5, max: 0.75 })],
    ["Clip from above", 7, (w) => w.op("Clip", ["x"], { max: 0.75 })],
    ["TopK", 9, (w) => first(w, { opType: "TopK", input: ["x"], output: ["places"], attribute: [whole("k", 2), whole("axis", 2)] }, "best")],
    ["Softmax over all from axis 1 on", 12, (w) => w.op("Softmax", ["x"])],
    ["Softmax over the last", 11, (w) => w.op("Softmax", ["x"], { axis: -1 })],
    ["Softmax over the last, counted from the start", 7, (w) => w.op("Softmax", ["x"], { axis: 2 })],
    ["LogSoftmax over all", 9, (w) => w.op("LogSoftmax", ["x"], { axis: 0 })],
    ["Dropout", 10, (w) => w.op("Dropout", ["x"], { ratio: 0.25 })],
    ["Scatter", 10, (w) => w.op("Scatter", ["x", w.op("Cast", [w.op("Floor", [w.op("Abs", ["x"])])], { to: 7 }), "x"], { axis: 1 })],
  ])("%s, of version %i", async (_, version, write) => {
    const w = new Writer(shape, version);
    const graph = w.graph(write(w));
    const rewritten = inVersion16(graph);
    expect([operatorSetOf(graph), operatorSetOf(rewritten)]).toEqual([version, 16]);
    expect(await run(rewritten)).toEqual(await run(graph));
  });
});

test("what is in a later version stays as it is", () => {
  const { graph } = corpus(17)[0]!;
  expect(inVersion16(graph)).toBe(graph);
});

test.each([["Upsample", 9], ["Resize", 10], ["Scan", 8], ["BatchNormalization", 8], ["RoiAlign", 15]])("%s, which meant something else in version %i, is named", (opType, version) => {
  const w = new Writer(shape, version);
  const graph = w.graph(w.op(opType, ["x"]));
  expect(() => inVersion16(graph)).toThrow(NoGradientError);
  expect(() => inVersion16(graph)).toThrow(opType);
});

test("a gradient of what is taken element by element can be written in a graph of version 13, once that is of 16", async () => {
  const w = new Writer(shape, 13);
  const graph = inVersion16(w.graph(w.op("GatherElements", ["x", w.op("Unsqueeze", [w.op("Unsqueeze", [w.integers([1, 1, 0]), w.integers([0])]), w.integers([0])])], { axis: 2 })));
  const [output] = outputNames(graph);
  const taken = [1, 1, 3];
  const found = gradientGraph(graph, [output!], ["x"], new Map([["x", shape], [output!, taken]]));
  const session = await runtime.open(found);
  const ones: Tensor = { type: "float32", shape: taken, data: new Float32Array(3).fill(1) };
  const gradient = (await session.run({ x, [gradientOf(output!)]: ones }, [gradientOf("x")]).finally(() => session.close()))[gradientOf("x")]!;
  expect(Array.from(gradient.data as Float32Array).slice(0, 4)).toEqual([1, 2, 0, 0]);
});
