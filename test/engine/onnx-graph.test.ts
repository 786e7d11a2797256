import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onnx } from "onnx-proto";
import { describe, expect, test } from "vitest";
import { analyzeCheckpoint, type RunContext } from "../../src/engine/analyze";
import { fitCapture } from "../../src/engine/fit-capture";
import { localMeasurer } from "../../src/engine/measurer/local-measurer";
import type { AnalysisRequest } from "../../src/shared/request";
import type { Result } from "../../src/shared/result";
import { refusal, temporaryFolder } from "./checkpoint/files";
import { localProver } from "./runtime/local-prover";

const { DataType } = onnx.TensorProto;
const { AttributeType } = onnx.AttributeProto;
const exported = join(import.meta.dirname, "graph/exported");
const undisturbed: RunContext = { onProgress: () => undefined, signal: new AbortController().signal, measurer: localMeasurer(), prover: localProver };

async function analyze(checkpoint: string, changes: Partial<AnalysisRequest> = {}): Promise<Result> {
  const request: AnalysisRequest = { kind: "analyze", checkpoint, input: { kind: "random" }, maxTokens: 64, skipFirst: false, seed: 0, runtime: "onnxruntime", device: "cpu", ...changes };
  return (await analyzeCheckpoint(request, undisturbed)).result;
}

const tensor = (name: string, dims: number[], value: number | ((index: number) => number)): onnx.ITensorProto => {
  const count = dims.reduce((product, size) => product * size, 1);
  return { name, dataType: DataType.FLOAT, dims, floatData: Array.from({ length: count }, (_, index) => (typeof value === "number" ? value : value(index))) };
};

const declared = (name: string, dims: number[]): onnx.IValueInfoProto => ({ name, type: { tensorType: { elemType: DataType.FLOAT, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } } });

/** A norm over the last axis, written out in a function that is called twice, the inner steps in a function of their own. */
function modelWithFunctions(): Uint8Array {
  const node = (opType: string, input: string[], output: string, more: onnx.INodeProto = {}): onnx.INodeProto => ({ opType, input, output: [output], ...more });
  const axes: onnx.IAttributeProto = { name: "axes", type: AttributeType.INTS, ints: [-1] };
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }, { domain: "local", version: 1 }],
    graph: {
      name: "functions",
      node: [
        node("Norm", ["x", "a.weight", "eps"], "y", { domain: "local", name: "first" }),
        node("Sin", ["y"], "z"),
        node("Norm", ["z", "b.weight", "eps"], "out", { domain: "local", name: "second" }),
      ],
      initializer: [tensor("a.weight", [8], (index) => 1 + index), tensor("b.weight", [8], (index) => 2 - index / 8), tensor("eps", [], 1e-3)],
      input: [declared("x", [1, 4, 8])],
      output: [declared("out", [1, 4, 8])],
    },
    functions: [
      {
        name: "Norm",
        domain: "local",
        input: ["v", "gain", "eps"],
        output: ["result"],
        opsetImport: [{ domain: "", version: 17 }, { domain: "local", version: 1 }],
        node: [node("Spread", ["v"], "spread", { domain: "local" }), node("Add", ["spread", "eps"], "sum"), node("Sqrt", ["sum"], "root"), node("Div", ["v", "root"], "normal"), node("Mul", ["normal", "gain"], "result")],
      },
      {
        name: "Spread",
        domain: "local",
        input: ["v"],
        output: ["mean"],
        opsetImport: [{ domain: "", version: 17 }],
        node: [node("Mul", ["v", "v"], "square"), node("ReduceMean", ["square"], "mean", { attribute: [axes] })],
      },
    ],
  }).finish();
}

describe("an ONNX graph", () => {
  test("with functions has the norms that are in them, once for each call", async () => {
    const path = join(await temporaryFolder(), "model.onnx");
    await writeFile(path, modelWithFunctions());
    const { layers, coverage } = await analyze(path);
    expect(layers.map(({ name, kind, eps, channels, axes, calls }) => ({ name, kind, eps, channels, axes, calls }))).toEqual([
      { name: "a", kind: "rmsnorm", eps: 1e-3, channels: 8, axes: [-1], calls: 1 },
      { name: "b", kind: "rmsnorm", eps: 1e-3, channels: 8, axes: [-1], calls: 1 },
    ]);
    expect(coverage).toEqual({ found: 2, measured: 2, missing: [] });
    // Fed is noise of variance 1; the second norm sees what the sine leaves of the first one's output.
    expect(layers[0]!.input.std).toBeCloseTo(1, 0);
    expect(layers[1]!.input.absMax).toBeLessThanOrEqual(1);
  });

  test("gives the same fits from the capture of its taps, whatever the axes of its norms", async () => {
    const taps = join(await temporaryFolder(), "taps.safetensors");
    const analysed = await analyze(join(exported, "images-traced-9.onnx"), { taps });
    const { result: fitted } = await fitCapture({ kind: "fit", capture: taps, skipFirst: false, seed: 0 }, undisturbed);
    expect(fitted.layers.map(({ name, tokens }) => [name, tokens])).toEqual(analysed.layers.map(({ name, tokens }) => [name, tokens]));
    for (const [index, { fit, input, linear }] of analysed.layers.entries()) {
      const other = fitted.layers[index]!;
      expect(other.fit.alpha / fit.alpha).toBeCloseTo(1, 3);
      expect(other.input.std / input.std).toBeCloseTo(1, 6);
      expect(other.linear.r2).toBeCloseTo(linear.r2, 6);
    }
  });

  test("tells axes and channels of norms over channels, places and groups", async () => {
    const { layers } = await analyze(join(exported, "images-traced-9.onnx"));
    expect(layers.map(({ name, kind, axes, channels, tokens }) => ({ name, kind, axes, channels, tokens }))).toEqual([
      { name: "gn", kind: "groupnorm", axes: [-3, -2, -1], channels: 4, tokens: 128 },
      { name: "norm", kind: "layernorm", axes: [-3], channels: 8, tokens: 1920 },
      { name: "places", kind: "layernorm", axes: [-2, -1], channels: 30, tokens: 512 },
    ]);
  });

  test.each([true, false])("with norms in a branch and in a loop has them all, and says where one was not run (branch taken: %s)", async (isTaken) => {
    const norm = (input: string, name: string, output: string): onnx.INodeProto => ({ opType: "LayerNormalization", input: [input, `${name}.weight`], output: [output] });
    const value = (name: string, elemType?: number): onnx.IValueInfoProto => ({ name, type: { tensorType: elemType === undefined ? { elemType: DataType.FLOAT } : { elemType, shape: {} } } });
    const body = (name: string, g: onnx.IGraphProto): onnx.IAttributeProto => ({ name, type: AttributeType.GRAPH, g: { name, ...g } });
    const path = join(await temporaryFolder(), "model.onnx");
    const graph: onnx.IGraphProto = {
      name: "branches",
      node: [
        { opType: "ReduceMax", input: ["x"], output: ["largest"], attribute: [{ name: "keepdims", type: AttributeType.INT, i: 0 }] },
        { opType: "Greater", input: ["largest", "bound"], output: ["is"] },
        { opType: "If", input: ["is"], output: ["chosen"], attribute: [body("then_branch", { node: [norm("x", "first", "a")], output: [value("a")] }), body("else_branch", { node: [{ opType: "Sin", input: ["x"], output: ["b"] }], output: [value("b")] })] },
        { opType: "Loop", input: ["count", "", "chosen"], output: ["end"], attribute: [body("body", { input: [value("i", DataType.INT64), value("go", DataType.BOOL), value("h")], node: [norm("h", "inner", "n"), { opType: "Identity", input: ["go"], output: ["on"] }], output: [value("on", DataType.BOOL), value("n")] })] },
        norm("end", "last", "y"),
      ],
      initializer: [...["first", "inner", "last"].map((name) => tensor(`${name}.weight`, [8], (index) => index + 1)), tensor("bound", [], isTaken ? -100 : 100), { name: "count", dataType: DataType.INT64, dims: [], int64Data: [3] }],
      input: [declared("x", [1, 4, 8])],
      output: [declared("y", [1, 4, 8])],
    };
    await writeFile(path, onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: "", version: 17 }], graph }).finish());
    const taps = join(await temporaryFolder(), "capture.safetensors");
    const { layers, coverage, input } = await analyze(path, { taps });
    const measured = layers.map(({ name, calls, tokens }) => ({ name, calls, tokens }));
    const first = { name: "first", calls: 1, tokens: input.tokens };
    expect(measured).toEqual([...(isTaken ? [first] : []), { name: "inner", calls: 3, tokens: 3 * input.tokens }, { name: "last", calls: 1, tokens: input.tokens }]);
    expect(coverage).toEqual({ found: 3, measured: isTaken ? 3 : 2, missing: isTaken ? [] : [{ name: "first", reason: "it stands in a branch or loop that was not run" }] });
    expect((await fitCapture({ kind: "fit", capture: taps, skipFirst: false, seed: 0 }, undisturbed)).result.layers.map(({ name }) => name)).toEqual(["last"]);
  });

  test("whose values depend on themselves is refused, and chains that double at each step take no longer", async () => {
    const write = async (node: onnx.INodeProto[]): Promise<string> => {
      const path = join(await temporaryFolder(), "model.onnx");
      await writeFile(path, onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: "", version: 17 }], graph: { name: "hostile", node, initializer: [tensor("c", [], 1)], input: [declared("x", [1, 4, 8])], output: [declared("y", [1, 4, 8])] } }).finish());
      return path;
    };
    const circle = await write([{ opType: "Cast", input: ["b"], output: ["a"] }, { opType: "Sqrt", input: ["a"], output: ["b"] }, { opType: "Div", input: ["x", "b"], output: ["y"] }]);
    expect(await refusal(analyze(circle))).toContain("its nodes are not in an order in which they can run");
    const doubling = Array.from({ length: 2000 }, (_, index): onnx.INodeProto => ({ opType: "Add", input: [index === 0 ? "c" : `c${index - 1}`, index === 0 ? "c" : `c${index - 1}`], output: [`c${index}`] }));
    const products = Array.from({ length: 2000 }, (_, index): onnx.INodeProto => ({ opType: "Mul", input: [index === 0 ? "x" : `m${index - 1}`, `c${index}`], output: [`m${index}`] }));
    expect(await refusal(analyze(await write([...doubling, ...products, { opType: "Identity", input: ["m1999"], output: ["y"] }])))).toContain("has no norm layer");
  });

  test("that fails on what is fed is refused in one sentence, not taken for a defect", async () => {
    const graph: onnx.IGraphProto = {
      name: "fails",
      node: [
        { opType: "Reshape", input: ["x", "shape"], output: ["r"] },
        { opType: "LayerNormalization", input: ["r", "ln.weight"], output: ["y"] },
      ],
      initializer: [tensor("ln.weight", [8], (index) => index), { name: "shape", dataType: DataType.INT64, dims: [2], int64Data: [3, 8] }],
      input: [{ name: "x", type: { tensorType: { elemType: DataType.FLOAT, shape: { dim: [{ dimValue: 1 }, { dimParam: "n" }, { dimValue: 8 }] } } } }],
      output: [declared("y", [3, 8])],
    };
    const path = join(await temporaryFolder(), "model.onnx");
    await writeFile(path, onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: "", version: 17 }], graph }).finish());
    expect(await refusal(analyze(path))).toMatch(/model\.onnx can't be run on what is fed \(.*\);.* give --input/);
    expect((await analyze(path, { sequenceLength: 3 })).layers).toHaveLength(1);
  });
});
