import { onnx } from "onnx-proto";
import { describe, expect, test } from "vitest";
import { graphArchitecture } from "../../../src/engine/architecture/graph";
import { forward, writeStages } from "../../../src/engine/forward";
import type { Graph } from "../../../src/engine/graph/graph";
import { openOnnxRuntime } from "../../../src/engine/runtime/onnxruntime";
import { openTfjs } from "../../../src/engine/runtime/tfjs/tfjs";
import type { Runtime } from "../../../src/engine/runtime/runtime";
import { scattered } from "./model";

const { DataType } = onnx.TensorProto;
const { AttributeType } = onnx.AttributeProto;

const node = (opType: string, input: string[], output: string[], attribute: onnx.IAttributeProto[] = []): onnx.INodeProto => ({ opType, input, output, attribute });
const norm = (input: string, output: string, weight: string): onnx.INodeProto => node("LayerNormalization", [input, weight], [output]);
const floats = (name: string, dims: number[], data: readonly number[]): onnx.ITensorProto => ({ name, dataType: DataType.FLOAT, dims, floatData: [...data] });
const ints = (name: string, dims: number[], data: readonly number[]): onnx.ITensorProto => ({ name, dataType: DataType.INT64, dims, int64Data: [...data] });
const flag = (name: string, value: number): onnx.ITensorProto => ({ name, dataType: DataType.BOOL, dims: [], int32Data: [value] });
const typed = (name: string, elemType: number = DataType.FLOAT, dims?: number[]): onnx.IValueInfoProto => ({ name, type: { tensorType: { elemType, ...(dims && { shape: { dim: dims.map((dimValue) => ({ dimValue })) } }) } } });
const body = (name: string, g: onnx.IGraphProto): onnx.IAttributeProto => ({ name, type: AttributeType.GRAPH, g: { name, ...g } });

const gain = (name: string, seed: number): onnx.ITensorProto => floats(name, [4], scattered(4, seed));

function graphOf(nodes: onnx.INodeProto[], initializer: onnx.ITensorProto[], output = "y", functions: onnx.IFunctionProto[] = []): Graph {
  const opsetImport = [{ domain: "", version: 17 }, { domain: "local", version: 1 }];
  return { weights: new Map(), model: { irVersion: 8, opsetImport, functions, graph: { name: "bodies", node: nodes, initializer, input: [typed("x", DataType.FLOAT, [1, 2, 4])], output: [typed(output)] } } };
}

interface Seen {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const fed = scattered(8, 5).map(Math.fround);

/** What goes into the norms of a graph that is fed [1, 2, 4]. */
async function seenBy(graph: Graph, runtime: Runtime = openOnnxRuntime()): Promise<{ seen: Seen[]; remarks: readonly string[] }> {
  const { stages, assumptions } = graphArchitecture({ path: "model.onnx", folder: ".", format: "onnx", tensors: new Map(), graph }, graph);
  const seen: Seen[] = [];
  await forward(runtime, writeStages(stages), [{ feeds: { x: { type: "float32", shape: [1, 2, 4], data: Float32Array.from(fed) } }, sequences: 1, sequenceLength: 2 }], {
    onNormCalls: (calls) => {
      seen.push(...calls.map(({ norm: { name }, input }) => ({ name, shape: input.shape, data: Array.from(input.data as Float32Array) })));
      return Promise.resolve();
    },
  });
  return { seen, remarks: assumptions };
}

const times = (factor: number): number[] => fed.map((value) => Math.fround(value * factor));
/** Whether the first number that is fed lies above a bound: nobody knows before it is run. */
const condition = (bound: string): onnx.INodeProto[] => [node("ReduceMax", ["x"], ["largest"], [{ name: "keepdims", type: AttributeType.INT, i: 0 }]), node("Greater", ["largest", bound], ["is"])];
const choice = (bound: number): Graph => graphOf([
  ...condition("bound"),
  node("If", ["is"], ["chosen"], [
    body("then_branch", { node: [node("Mul", ["x", "two"], ["v"]), norm("v", "w", "then.weight")], output: [typed("w")], initializer: [floats("two", [], [2]), gain("then.weight", 1)] }),
    body("else_branch", { node: [node("Mul", ["x", "two"], ["v"]), norm("v", "w", "else.weight")], output: [typed("w")], initializer: [floats("two", [], [3]), gain("else.weight", 2)] }),
  ]),
  norm("chosen", "y", "last.weight"),
], [floats("bound", [], [bound]), gain("last.weight", 3)]);

/** x doubled in each of `count` iterations, and normed. */
const doubling = (count: number, inner: onnx.INodeProto[] = [norm("x_in", "normed", "ln.weight")], more: onnx.ITensorProto[] = []): Graph => graphOf([
  node("Loop", ["count", "", "x"], ["y"], [body("body", {
    input: [typed("i", DataType.INT64, []), typed("go_in", DataType.BOOL, []), typed("x_in")],
    node: [node("Identity", ["go_in"], ["go"]), ...inner, node("Add", ["x_in", "x_in"], ["x_out"])],
    output: [typed("go", DataType.BOOL), typed("x_out")],
  })]),
], [ints("count", [], [count]), gain("ln.weight", 1), ...more]);

describe("a norm in a body", () => {
  test("of an If sees what goes into the branch that is taken, and the other none", async () => {
    const taken = await seenBy(choice(-100));
    expect(taken.seen.map(({ name, shape }) => ({ name, shape }))).toEqual([{ name: "then", shape: [1, 2, 4] }, { name: "last", shape: [1, 2, 4] }]);
    expect(taken.seen[0]!.data).toEqual(times(2));
    const other = await seenBy(choice(100));
    expect(other.seen.map(({ name }) => name)).toEqual(["else", "last"]);
    expect(other.seen[0]!.data).toEqual(times(3));
    expect(other.remarks).toEqual([]);
  });

  test("of an If whose condition stands in the graph is a norm like others", async () => {
    const graph = choice(0);
    graph.model.graph!.node = (graph.model.graph!.node ?? []).slice(2);
    graph.model.graph!.initializer!.push(flag("is", 0));
    const { seen } = await seenBy(graph, await openTfjs("wasm"));
    expect(seen.map(({ name }) => name)).toEqual(["else", "last"]);
  });

  test("of a Loop sees every iteration", async () => {
    const { seen } = await seenBy(doubling(3));
    expect(seen).toEqual([1, 2, 4].map((factor) => ({ name: "ln", shape: [1, 2, 4], data: times(factor) })));
    expect((await seenBy(doubling(0))).seen).toEqual([]);
  });

  test("of a Loop sees iterations that differ in length", async () => {
    const growing = [
      node("Concat", ["x_in", "x_in"], ["twice"], [{ name: "axis", type: AttributeType.INT, i: 1 }]),
      node("Add", ["i", "one"], ["end"]),
      node("Slice", ["twice", "zero", "end", "one"], ["part"]),
      norm("part", "normed", "ln.weight"),
    ];
    const { seen } = await seenBy(doubling(3, growing, [ints("one", [1], [1]), ints("zero", [1], [0])]));
    expect(seen.map(({ shape }) => shape)).toEqual([[1, 1, 4], [1, 2, 4], [1, 3, 4]]);
    expect(seen[0]!.data).toEqual(times(1).slice(0, 4));
  });

  test("of an If in a Loop sees the iterations in which it is taken", async () => {
    const branch = node("If", ["late"], ["out"], [
      body("then_branch", { node: [node("Neg", ["x_in"], ["n"]), norm("n", "w", "ln.weight")], output: [typed("w")] }),
      body("else_branch", { node: [node("Identity", ["x_in"], ["w"])], output: [typed("w")] }),
    ]);
    const { seen } = await seenBy(doubling(4, [node("Greater", ["i", "zero"], ["late"]), branch], [ints("zero", [], [0])]));
    expect(seen).toEqual([2, 4, 8].map((factor) => ({ name: "ln", shape: [1, 2, 4], data: times(-factor) })));
  });

  test("of a Scan sees every step", async () => {
    const graph = graphOf([
      node("Scan", ["x"], ["y"], [
        { name: "num_scan_inputs", type: AttributeType.INT, i: 1 },
        { name: "scan_output_axes", type: AttributeType.INTS, ints: [1] },
        { name: "scan_input_axes", type: AttributeType.INTS, ints: [1] },
        body("body", { input: [typed("row", DataType.FLOAT, [1, 4])], node: [norm("row", "normed", "ln.weight")], output: [typed("normed", DataType.FLOAT, [1, 4])] }),
      ]),
    ], [gain("ln.weight", 1)]);
    const { seen } = await seenBy(graph);
    expect(seen).toEqual([0, 4].map((start) => ({ name: "ln", shape: [1, 4], data: fed.slice(start, start + 4) })));
  });

  test("is found in a function that a body calls", async () => {
    const graph = doubling(2, [{ opType: "Norm", domain: "local", input: ["x_in", "ln.weight"], output: ["normed"] }]);
    const functions = [{ name: "Norm", domain: "local", input: ["a", "b"], output: ["c"], opsetImport: [{ domain: "", version: 17 }], node: [norm("a", "c", "b")] }];
    const { seen } = await seenBy({ ...graph, model: { ...graph.model, functions } });
    expect(seen.map(({ name }) => name)).toEqual(["ln", "ln"]);
  });

  test("is refused by an engine without branches in a sentence", async () => {
    await expect(seenBy(choice(0), await openTfjs("wasm"))).rejects.toThrow(/can't run the operator "?If/);
  });
});
