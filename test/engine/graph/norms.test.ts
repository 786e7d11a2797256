import { describe, expect, test } from "vitest";
import { findNorms } from "../../../src/engine/graph/norms";
import { handSumsOn } from "../../../src/engine/graph/sums";
import { readNorm } from "../../../src/engine/norm-measurements";
import { rowBlock, settled } from "../../../src/engine/norm-rows";
import { RowNormaliser } from "../../../src/analysis/normalise";
import { openOnnxRuntime } from "../../../src/engine/runtime/onnxruntime";
import type { Runtime } from "../../../src/engine/runtime/runtime";
import { openTfjs } from "../../../src/engine/runtime/tfjs/tfjs";
import type { Tensor } from "../../../src/engine/tensor";
import { corpus, eps, lookAlikes } from "./corpus";
import { scattered, Writer } from "./model";
import { compareNorms } from "./norm-values";

const written = corpus();
const fed = (shape: readonly number[]): { x: Tensor } => ({ x: { type: "float32", shape, data: Float32Array.from(scattered(shape.reduce((product, size) => product * size, 1), 5)) } });

/** A norm of one operator, or of a few that belong together. */
function fused(shape: readonly number[], write: (w: Writer) => string, opset = 17): { graph: ReturnType<Writer["graph"]>; shape: readonly number[] } {
  const w = new Writer(shape, opset);
  return { graph: w.graph(write(w)), shape };
}

describe("a norm that is written out", () => {
  test(`is found in each of ${written.length} spellings, with its kind, eps and name`, () => {
    for (const { name, graph, kind, hasAffine } of written) {
      const norms = findNorms(graph);
      expect(norms.map((norm) => norm.kind), name).toEqual([kind]);
      expect(norms[0]!.eps, name).toBe(eps);
      expect(norms[0], name).toMatchObject(hasAffine ? { name: "h.0.ln_1", role: "attention", depth: 0, gain: "h.0.ln_1.weight", offset: "h.0.ln_1.bias" } : { name: "norm_1", role: "other" });
    }
  });

  test.each<[string, () => Runtime | Promise<Runtime>, number]>([
    ["onnxruntime", () => openOnnxRuntime(), 1],
    ["tfjs on wasm", () => openTfjs("wasm"), 7],
  ])("computes what was found out about it, on %s", async (_, open, every) => {
    const runtime = await open();
    for (const { name, graph, shape, axes } of written.filter((_unused, index) => index % every === 0)) {
      const [compared, ...others] = await compareNorms(runtime, graph, fed(shape));
      expect(others).toEqual([]);
      expect(compared!.norm.axes, name).toEqual(axes);
      expect(compared!.worstError, name).toBeLessThan(2e-5);
    }
  });

  test("is found as TensorFlow writes it, the mean taken off at the end", async () => {
    const w = new Writer([2, 3, 8]);
    const x = w.op("Mul", ["x", w.float(2)]);
    const mean = w.reduce("ReduceMean", x, [2]);
    const difference = w.op("Sub", [x, mean]);
    const root = w.op("Reciprocal", [w.op("Sqrt", [w.op("Add", [w.reduce("ReduceMean", w.op("Mul", [difference, difference]), [2]), w.float(eps)])])]);
    const inverse = w.op("Mul", [root, w.floats("encoder/ln/gamma", [8], scattered(8, 1))]);
    const shift = w.op("Sub", [w.floats("encoder/ln/beta", [8], scattered(8, 2)), w.op("Mul", [mean, inverse])]);
    const [compared, ...others] = await compareNorms(openOnnxRuntime(), w.graph(w.op("Add", [w.op("Mul", [x, inverse]), shift])), fed([2, 3, 8]));
    expect(others).toEqual([]);
    expect(compared!.node).toMatchObject({ name: "encoder.ln", kind: "layernorm", eps });
    expect(compared!.worstError).toBeLessThan(2e-5);
  });

  test("is found with its mean as a product with 1 / n", async () => {
    const w = new Writer([2, 3, 8]);
    const x = w.op("Mul", ["x", w.float(2)]);
    const shares = w.floats("shares", [8, 1], Array<number>(8).fill(1 / 8));
    const d = w.op("Sub", [x, w.op("MatMul", [x, shares])]);
    const root = w.op("Sqrt", [w.op("Add", [w.op("MatMul", [w.op("Mul", [d, d]), shares]), w.float(eps)])]);
    const [compared] = await compareNorms(openOnnxRuntime(), w.graph(w.op("Div", [d, root])), fed([2, 3, 8]));
    expect(compared!.node).toMatchObject({ kind: "layernorm", eps });
    expect(compared!.worstError).toBeLessThan(2e-5);
  });
});

describe("a norm of one operator", () => {
  const gain = (w: Writer, shape: readonly number[], name = "norm.weight"): string => w.floats(name, shape, scattered(shape.reduce((a, b) => a * b, 1), 1));
  const offset = (w: Writer, shape: readonly number[]): string => w.floats("norm.bias", shape, scattered(shape.reduce((a, b) => a * b, 1), 2));
  const operators = {
    LayerNormalization: ["layernorm", [-1], fused([2, 3, 8], (w) => w.op("LayerNormalization", ["x", gain(w, [8]), offset(w, [8])], { epsilon: eps }))],
    "LayerNormalization without an offset": ["layernorm", [-1], fused([2, 3, 8], (w) => w.op("LayerNormalization", ["x", gain(w, [8])], { epsilon: eps, axis: 2 }))],
    "LayerNormalization over two axes": ["layernorm", [-2, -1], fused([2, 3, 4, 5], (w) => w.op("LayerNormalization", ["x", gain(w, [4, 5])], { epsilon: eps, axis: 2 }))],
    RMSNormalization: ["rmsnorm", [-1], fused([2, 3, 8], (w) => w.op("RMSNormalization", ["x", gain(w, [8])], { epsilon: eps }), 23)],
    SimplifiedLayerNormalization: ["rmsnorm", [-1], fused([2, 3, 8], (w) => w.op("SimplifiedLayerNormalization", ["x", gain(w, [8])], { epsilon: eps, axis: -1 }))],
    "GroupNormalization with one group": ["groupnorm", [-3, -2, -1], fused([2, 4, 3, 2], (w) => w.op("GroupNormalization", ["x", gain(w, [4], "ones"), offset(w, [4])], { epsilon: eps, num_groups: 1 }), 21)],
  } as const;

  test.each(Object.entries(operators))("%s", async (name, [kind, axes, { graph, shape }]) => {
    const [compared, ...others] = await compareNorms(openOnnxRuntime(), graph, fed(shape));
    expect(others).toEqual([]);
    expect(compared!.node).toMatchObject({ kind, eps });
    expect(compared!.norm.axes).toEqual(axes);
    if (!name.startsWith("Group")) expect(compared!.worstError).toBeLessThan(2e-5);
  });

  test.each([
    ["SkipLayerNormalization", "layernorm", 3],
    ["SkipSimplifiedLayerNormalization", "rmsnorm", 3],
  ] as const)("%s is seen with the sum that it normalises", async (opType, kind, position) => {
    const w = new Writer([2, 3, 8]);
    const skip = w.op("Sin", ["x"]);
    const output = w.op(opType, ["x", skip, gain(w, [8])], { epsilon: eps }, "com.microsoft");
    const graph = w.graph(output);
    const summed = { ...graph, model: { ...graph.model, graph: { ...graph.model.graph, node: handSumsOn(w.nodes) } } };
    const input = fed([2, 3, 8]);
    const [compared, ...others] = await compareNorms(openOnnxRuntime(), summed, input);
    expect(others).toEqual([]);
    expect(compared!.node).toMatchObject({ kind, eps, name: "norm" });
    expect(summed.model.graph.node.at(-1)!.output![position]).toBe(compared!.node.input);
    expect(compared!.worstError).toBeLessThan(2e-5);
  });
});

describe("a norm over groups of channels", () => {
  /** Elements of each group of a [2, 6, 4] input, normalised. */
  function normalised(groups: number): Float64Array {
    const data = fed([2, 6, 4]).x.data as Float32Array;
    const length = 24 / groups;
    return Float64Array.from(data, (value, index) => {
      const row = data.subarray(index - (index % length), index - (index % length) + length);
      const mean = row.reduce((sum, one) => sum + one, 0) / length;
      const variance = row.reduce((sum, one) => sum + (one - mean) ** 2, 0) / length;
      return (value - mean) / Math.sqrt(variance + eps);
    });
  }

  const ones = (w: Writer, count: number): [string, string] => [w.floats("ones", [count], Array<number>(count).fill(1)), w.floats("zeros", [count], Array<number>(count).fill(0))];
  const affine = (w: Writer, x: string): string => w.op("Add", [w.op("Mul", [x, w.floats("gn.weight", [6, 1], scattered(6, 1))]), w.floats("gn.bias", [6, 1], scattered(6, 2))]);

  const spellings: Record<string, [number, (w: Writer) => string]> = {
    "GroupNormalization": [3, (w) => w.op("GroupNormalization", ["x", w.floats("gn.weight", [6], scattered(6, 1)), w.floats("gn.bias", [6], scattered(6, 2))], { num_groups: 3, epsilon: eps })],
    "InstanceNormalization": [6, (w) => w.op("InstanceNormalization", ["x", w.floats("gn.weight", [6], scattered(6, 1)), w.floats("gn.bias", [6], scattered(6, 2))], { epsilon: eps })],
    "InstanceNormalization between Reshapes": [2, (w) => affine(w, w.op("Reshape", [w.op("InstanceNormalization", [w.op("Reshape", ["x", w.integers([0, 2, -1])]), ...ones(w, 2)], { epsilon: eps }), w.op("Shape", ["x"])]))],
    "ReduceMean between Reshapes": [3, (w) => {
      const x = w.op("Reshape", ["x", w.integers([2, 3, 2, 4])]);
      const d = w.op("Sub", [x, w.reduce("ReduceMean", x, [2, 3])]);
      const root = w.op("Sqrt", [w.op("Add", [w.reduce("ReduceMean", w.op("Mul", [d, d]), [2, 3]), w.float(eps)])]);
      return affine(w, w.op("Reshape", [w.op("Div", [d, root]), w.integers([2, 6, 4])]));
    }],
  };

  test.each(Object.entries(spellings))("%s: each group of each sample is a row", async (_, [groups, write]) => {
    const w = new Writer([2, 6, 4], 21);
    const graph = w.graph(write(w));
    const [node, ...others] = findNorms(graph);
    expect(others).toEqual([]);
    expect(node).toMatchObject({ name: "gn", kind: "groupnorm", eps, input: "x", over: { groups } });
    const read = await readNorm({ node: node!, graph, calls: 1 });
    const { x } = fed([2, 6, 4]);
    const norm = settled(read, x);
    const block = rowBlock(read, x, { feeds: {}, sequences: 2, sequenceLength: 1 });
    const length = 24 / groups;
    expect([norm.channels, block.rows, norm.weight, norm.axes]).toEqual([6 / groups, 2 * groups, undefined, [-2, -1]]);
    const expected = normalised(groups);
    for (let row = 0; row < block.rows; row++) {
      const { centre, inverse } = new RowNormaliser(norm).normalise(block.data, row * length, length)!;
      for (let i = 0; i < length; i++) {
        // Places of a row go first, channels last: [4 places, channels of the group].
        const source = row * length + (i % norm.channels) * 4 + Math.floor(i / norm.channels);
        expect((block.data[row * length + i]! - centre) * inverse).toBeCloseTo(expected[source]!, 9);
      }
    }
  });
});

describe("what looks like a norm", () => {
  test.each(Object.entries(lookAlikes))("%s is none", (_, write) => {
    const w = new Writer([2, 3, 8]);
    expect(findNorms(w.graph(write(w)))).toEqual([]);
  });
});

test("a batch norm that is fed the statistics of its own input is a norm, one with constants is none", () => {
  const w = new Writer([1, 3, 8]);
  const x = w.op("Mul", ["x", w.float(2)]);
  const mean = w.reduce("ReduceMean", x, [2], 0);
  const d = w.op("Sub", [x, w.reduce("ReduceMean", x, [2])]);
  const variance = w.reduce("ReduceMean", w.op("Mul", [d, d]), [2], 0);
  const parameters = [w.floats("bn.weight", [3], [1, 2, 3]), w.floats("bn.bias", [3], [1, 2, 3])];
  const graph = w.graph(w.op("BatchNormalization", [x, ...parameters, w.op("Squeeze", [mean]), w.op("Squeeze", [variance])], { epsilon: eps }));
  expect(findNorms(graph)).toMatchObject([{ name: "bn", kind: "groupnorm", eps, input: x, over: { groups: 3 } }]);
});

test("norms of different weights that would be called the same are numbered, one that runs twice is not", () => {
  const w = new Writer([2, 3, 8]);
  const weight = w.floats("a.weight", [8], scattered(8));
  const once = w.op("LayerNormalization", ["x", weight], { epsilon: eps });
  const twice = w.op("LayerNormalization", [once, weight], { epsilon: eps });
  const other = w.op("LayerNormalization", [twice, w.floats("a.gamma", [8], scattered(8))], { epsilon: eps });
  expect(findNorms(w.graph(other)).map(({ name }) => name)).toEqual(["a", "a", "a_2"]);
});
