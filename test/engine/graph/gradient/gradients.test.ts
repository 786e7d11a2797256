import { describe, expect, test } from "vitest";
import { NoGradientError } from "../../../../src/engine/graph/gradient/rule";
import { gradientGraph, gradientOf, shapedValues } from "../../../../src/engine/graph/gradient/gradients";
import { GraphBuilder } from "../../../../src/engine/graph/builder";
import { withOutputs, type Graph, type Value } from "../../../../src/engine/graph/graph";
import { openOnnxRuntime } from "../../../../src/engine/runtime/onnxruntime";
import { elementCount, type Tensor } from "../../../../src/engine/tensor";
import { scattered } from "../model";

const runtime = openOnnxRuntime();

type Write = (g: GraphBuilder, x: Value, y: Value) => Value;

function graphOf(write: Write, x: readonly number[], y: readonly number[]): Graph {
  const g = new GraphBuilder("differentiated");
  const out = write(g, g.input("x", "float32", x), g.input("y", "float32", y));
  g.output(out, "out");
  return g.build();
}

/** Numbers away from 0, where some functions have no derivative, and no two of them near each other. */
function numbers(shape: readonly number[], seed: number, positive: boolean): Tensor {
  const data = scattered(elementCount(shape), seed).map((value) => (positive ? 0.5 + Math.abs(value) : value + Math.sign(value) * 0.1));
  return { type: "float32", shape, data: Float32Array.from(data) };
}

async function run(graph: Graph, feeds: Readonly<Record<string, Tensor>>, fetches: readonly Value[]): Promise<Record<Value, Tensor>> {
  const session = await runtime.open(graph);
  return session.run(feeds, fetches).finally(() => session.close());
}

/** Compares each gradient with central differences of the sum of weighted outputs. */
async function compare(write: Write, xShape: readonly number[], yShape: readonly number[], positive: boolean): Promise<void> {
  const graph = graphOf(write, xShape, yShape);
  const feeds = { x: numbers(xShape, 1, positive), y: numbers(yShape, 2, positive) };
  const by = ["x", "y"];
  const shaped = shapedValues(graph, by).filter((value) => value !== "out");
  const seen = await run(withOutputs(graph, shaped), feeds, [...shaped, "out"]);
  const shapes = new Map(Object.entries({ ...feeds, ...seen }).map(([name, { shape }]) => [name, shape]));
  const weights = numbers(seen["out"]!.shape, 3, false);
  const gradients = await run(gradientGraph(graph, ["out"], by, shapes), { ...feeds, [gradientOf("out")]: weights }, by.map(gradientOf));
  const session = await runtime.open(graph);
  const weighted = async (changed: Readonly<Record<string, Tensor>>): Promise<number> => {
    const { data } = (await session.run(changed, ["out"]))["out"]!;
    return (data as Float32Array).reduce((sum, value, index) => sum + value * (weights.data[index] as number), 0);
  };
  const step = 2 ** -7;
  for (const name of by as ("x" | "y")[]) {
    const { shape, data } = feeds[name];
    const gradient = gradients[gradientOf(name)]!;
    expect(gradient.shape).toEqual(shape);
    for (let index = 0; index < data.length; index++) {
      const moved = (by: number): Tensor => ({ type: "float32", shape, data: Float32Array.from(data as Float32Array, (value, at) => (at === index ? value + by : value)) });
      const difference = (await weighted({ ...feeds, [name]: moved(step) }) - await weighted({ ...feeds, [name]: moved(-step) })) / (2 * step);
      expect(Math.abs((gradient.data[index] as number) - difference), `${name}[${index}]`).toBeLessThan(2e-3 * Math.max(1, Math.abs(difference)));
    }
  }
  await session.close();
}

const one = (opType: string): Write => (g, x, y) => g.add(g.op(opType, [x]), y);
const two = (opType: string): Write => (g, x, y) => g.op(opType, [x, y]);

describe("gradients of operators, beside differences", () => {
  const same = [[2, 3], [2, 3]] as const;
  test.each<[string, Write, readonly number[], readonly number[], positive?: boolean]>([
    ["Add, broadcast", two("Add"), [2, 1, 3], [4, 1]],
    ["Sub, broadcast", two("Sub"), [3], [2, 3]],
    ["Mul, broadcast", two("Mul"), [2, 3], [1]],
    ["Mul of a value with itself", (g, x, y) => g.add(g.multiply(x, x), y), ...same],
    ["Div, broadcast", two("Div"), [2, 3], [3], true],
    ["Max", two("Max"), ...same],
    ["Min", two("Min"), ...same],
    ...["Neg", "Abs", "Exp", "Tanh", "Sigmoid", "Softplus", "Erf", "Gelu", "Relu", "LeakyRelu", "Sin", "Cos", "Identity"].map((opType): [string, Write, readonly number[], readonly number[]] => [opType, one(opType), ...same]),
    ...["Log", "Sqrt", "Reciprocal"].map((opType): [string, Write, readonly number[], readonly number[], boolean] => [opType, one(opType), ...same, true]),
    ["Gelu by tanh", (g, x, y) => g.add(g.op("Gelu", [x], { approximate: { string: "tanh" } }), y), ...same],
    ["Pow 2", (g, x, y) => g.add(g.op("Pow", [x, g.float(2)]), y), ...same],
    ["Pow 1.5", (g, x, y) => g.add(g.op("Pow", [x, g.float(1.5)]), y), ...same, true],
    ["Clip", (g, x, y) => g.add(g.op("Clip", [x, g.float(-0.5), g.float(0.5)]), y), ...same],
    ["Where", (g, x, y) => g.op("Where", [g.op("Greater", [x, g.float(0)]), x, y]), ...same],
    ["Reshape", (g, x, y) => g.add(g.op("Reshape", [x, g.ints([3, 2])]), y), [2, 3], [3, 2]],
    ["Squeeze and Unsqueeze", (g, x, y) => g.add(g.op("Unsqueeze", [g.op("Squeeze", [x, g.ints([1])]), g.ints([0])]), y), [2, 1, 3], [1, 2, 3]],
    ["Transpose", (g, x, y) => g.add(g.op("Transpose", [x], { perm: { ints: [2, 0, 1] } }), y), [2, 3, 4], [4, 2, 3]],
    ["Concat", (g, x, y) => g.op("Concat", [x, y], { axis: { int: 1 } }), [2, 3], [2, 1]],
    ["Concat with a constant", (g, x, y) => g.add(g.op("Concat", [x, g.floats("c", [2, 2], () => Float32Array.of(1, 2, 3, 4))], { axis: { int: -1 } }), y), [2, 1], [2, 3]],
    ["Split, one part unused", (g, x, y) => g.add(g.ops("Split", [x], { axis: { int: 1 }, num_outputs: { int: 3 } }, 3)[1]!, y), [2, 6], [2, 2]],
    ["Slice from the end", (g, x, y) => g.add(g.op("Slice", [x, g.ints([-2]), g.ints([1000]), g.ints([1])]), y), [2, 5], [2, 2]],
    ["Slice backwards", (g, x, y) => g.add(g.op("Slice", [x, g.ints([-1]), g.ints([-(2 ** 31)]), g.ints([1]), g.ints([-1])]), y), [2, 4, 3], [2, 4, 3]],
    ["Slice backwards from the middle, not to the end", (g, x, y) => g.add(g.op("Slice", [x, g.ints([3]), g.ints([0]), g.ints([1]), g.ints([-1])]), y), [2, 5], [2, 3]],
    ["Slice of every second", (g, x, y) => g.add(g.op("Slice", [x, g.ints([1]), g.ints([1000]), g.ints([1]), g.ints([2])]), y), [2, 6, 2], [2, 3, 2]],
    ["Slice backwards along two axes, of every third along one", (g, x, y) => g.add(g.op("Slice", [x, g.ints([1000, -2]), g.ints([-1000, -1000]), g.ints([0, -1]), g.ints([-1, -3])]), y), [2, 6], [2, 2]],
    ["Pad", (g, x, y) => g.add(g.op("Pad", [x, g.ints([0, 1, 1, 0])]), y), [2, 2], [3, 3]],
    ["Pad by less than nothing", (g, x, y) => g.add(g.op("Pad", [x, g.ints([-1, 0, 1, -2])]), y), [3, 4], [3, 2]],
    ["Pad along some axes, with another number", (g, x, y) => g.add(g.op("Pad", [x, g.ints([1, 2]), g.float(3), g.ints([1])]), y), [2, 2], [2, 5]],
    ["Pad by what a run tells", (g, x, y) => g.add(g.op("Pad", [x, g.op("Concat", [g.op("Shape", [x]), g.op("Shape", [x])], { axis: { int: 0 } })]), y), [2, 1], [6, 3]],
    ["Expand", (g, x, y) => g.add(g.op("Expand", [x, g.ints([2, 3])]), y), [3], [2, 3]],
    ["Gather, a row twice", (g, x, y) => g.add(g.op("Gather", [x, g.ints([1, -1, 1])], { axis: { int: 1 } }), y), [2, 4], [2, 3]],
    ["GatherElements", (g, x, y) => g.add(g.op("GatherElements", [x, g.longs("i", [2, 2], () => BigInt64Array.of(0n, 0n, 2n, 1n))], { axis: { int: 1 } }), y), [2, 3], [2, 2]],
    ["MatMul", two("MatMul"), [2, 3], [3, 2]],
    ["MatMul of stacks with one matrix", two("MatMul"), [2, 2, 3], [3, 2]],
    ["MatMul, leading axes broadcast", two("MatMul"), [1, 2, 3], [2, 3, 2]],
    ["Gemm", (g, x, y) => g.op("Gemm", [x, y, g.floats("c", [2], () => Float32Array.of(1, 2))]), [3, 2], [2, 2]],
    ["Gemm, transposed", (g, x, y) => g.op("Gemm", [x, y], { transB: { int: 1 } }), [3, 2], [4, 2]],
    ["Gemm by its sum", (g, x, y) => g.op("Gemm", [x, g.floats("b", [2, 2], () => Float32Array.of(1, 2, 3, 4)), y]), [3, 2], [2]],
    ["Conv, strided, padded, in groups", (g, x, y) => g.add(g.op("Conv", [x, g.floats("k", [2, 1, 3], () => Float32Array.of(1, -2, 3, 0.5, 1, -1))], { strides: { ints: [2] }, pads: { ints: [1, 1] }, group: { int: 2 } }), y), [1, 2, 6], [1, 2, 3]],
    ["Softmax", (g, x, y) => g.multiply(g.op("Softmax", [x], { axis: { int: -1 } }), y), ...same],
    ["LogSoftmax", (g, x, y) => g.multiply(g.op("LogSoftmax", [x], { axis: { int: -1 } }), y), ...same],
    ["ReduceSum over all", (g, x, y) => g.add(g.op("ReduceSum", [x], { keepdims: { int: 0 } }), y), [2, 3], [2]],
    ["ReduceMean over one", (g, x, y) => g.add(g.op("ReduceMean", [x, g.ints([-1])], { keepdims: { int: 0 } }), y), [2, 3], [2]],
    ["LayerNormalization", (g, x, y) => g.multiply(g.op("LayerNormalization", [x, g.floats("g", [4], () => Float32Array.of(1, 2, -1, 0.5))], { axis: { int: -1 } }), y), [2, 4], [2, 4]],
    ["RMSNormalization", (g, x, y) => g.multiply(g.op("RMSNormalization", [x, g.floats("g", [4], () => Float32Array.of(1, 2, -1, 0.5))], { axis: { int: -1 } }), y), [2, 4], [2, 4]],
  ])("%s", async (_, write, x, y, positive = false) => {
    await compare(write, x, y, positive);
  });
});

test("an input that the output does not depend on has gradient 0", async () => {
  const graph = graphOf((g, x) => g.op("Exp", [x]), [2], [3]);
  const shapes = new Map([["x", [2]], ["y", [3]], ["out", [2]]]);
  const y: Tensor = { type: "float32", shape: [2], data: Float32Array.of(1, 1) };
  const found = await run(gradientGraph(graph, ["out"], ["y"], shapes), { [gradientOf("out")]: y }, [gradientOf("y")]).catch((error: unknown) => error);
  expect(found).toMatchObject({ [gradientOf("y")]: { shape: [3], data: Float32Array.of(0, 0, 0) } });
});

test("an operator without a known gradient is named", () => {
  const graph = graphOf((g, x) => g.op("CumSum", [x, g.int(0)]), [2], [2]);
  const shapes = new Map([["x", [2]], ["y", [2]], ["out", [2]]]);
  expect(() => gradientGraph(graph, ["out"], ["x"], shapes)).toThrow(NoGradientError);
  expect(() => gradientGraph(graph, ["out"], ["x"], shapes)).toThrow(/CumSum/);
});
