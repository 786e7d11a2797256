import { readdirSync } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onnx } from "onnx-proto";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { recogniseModel } from "../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { findNorms } from "../../../src/engine/graph/norms";
import { temporaryFolder } from "../checkpoint/files";
import { conversionRefusal, convert, valuesFile } from "./conversion";

const { DataType, DataLocation } = onnx.TensorProto;
const exported = join(import.meta.dirname, "../graph/exported");
const channels = 8;
const rows = 4;

const counted = (count: number, value: (index: number) => number): Float32Array => Float32Array.from({ length: count }, (_, index) => value(index));
const shift = counted(channels, (index) => 0.1 * index);
const weights = { "first.weight": counted(channels, (index) => 1 + index), "first.bias": counted(channels, (index) => index / 8), "second.weight": counted(channels, (index) => 2 - index / 8) };

const declared = (name: string): onnx.IValueInfoProto => ({ name, type: { tensorType: { elemType: DataType.FLOAT, shape: { dim: [1, rows, channels].map((dimValue) => ({ dimValue })) } } } });

/** x, a LayerNorm, a shift, an RMSNorm that is written in a function. */
function model(initializer: onnx.ITensorProto[]): Uint8Array {
  const node = (opType: string, input: string[], output: string, more: onnx.INodeProto = {}): onnx.INodeProto => ({ opType, input, output: [output], ...more });
  const axes: onnx.IAttributeProto = { name: "axes", type: onnx.AttributeProto.AttributeType.INTS, ints: [-1] };
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }, { domain: "local", version: 1 }],
    metadataProps: [{ key: "author", value: "somebody" }],
    graph: {
      name: "two norms",
      node: [node("LayerNormalization", ["x", "first.weight", "first.bias"], "y"), node("Add", ["y", "shift"], "z"), node("RMSNorm", ["z", "second.weight", "eps"], "out", { domain: "local", name: "second" })],
      initializer,
      input: [declared("x")],
      output: [declared("out")],
    },
    functions: [
      {
        name: "RMSNorm",
        domain: "local",
        input: ["v", "gain", "eps"],
        output: ["result"],
        opsetImport: [{ domain: "", version: 17 }],
        node: [node("Mul", ["v", "v"], "square"), node("ReduceMean", ["square"], "mean", { attribute: [axes] }), node("Add", ["mean", "eps"], "sum"), node("Sqrt", ["sum"], "root"), node("Div", ["v", "root"], "normal"), node("Mul", ["normal", "gain"], "result")],
      },
    ],
  }).finish();
}

const raw = (name: string, data: Float32Array, dims = [data.length]): onnx.ITensorProto => ({ name, dataType: DataType.FLOAT, dims, rawData: new Uint8Array(data.buffer) });
const stored = { ...weights, shift };
const inside = [...Object.entries(stored).map(([name, data]) => raw(name, data)), raw("eps", Float32Array.of(1e-6), [])];

async function modelFile(): Promise<string> {
  const path = join(await temporaryFolder(), "two-norms.onnx");
  await writeFile(path, model(inside));
  return path;
}

/** The same model in a folder, with its weights in another file. */
async function modelWithExternalData(): Promise<string> {
  const folder = join(await temporaryFolder(), "model");
  await mkdir(folder);
  const path = join(folder, "two-norms.onnx");
  const external = Object.entries(stored).map(([name, data], index): onnx.ITensorProto => ({
    ...{ name, dataType: DataType.FLOAT, dims: [data.length], dataLocation: DataLocation.EXTERNAL },
    externalData: Object.entries({ location: "weights.bin", offset: String(4 * channels * index), length: String(4 * channels) }).map(([key, value]) => ({ key, value })),
  }));
  await writeFile(join(folder, "weights.bin"), Buffer.concat(Object.values(stored).map((data) => new Uint8Array(data.buffer))));
  await writeFile(path, model([...external, inside.at(-1)!]));
  return path;
}

const input = counted(rows * channels, (index) => Math.sin(1 + index));

/** Runs a file with onnxruntime alone, as its users do. */
async function run(path: string): Promise<number[]> {
  const session = await InferenceSession.create(path);
  const { out } = await session.run({ x: new Tensor("float32", input, [1, rows, channels]) });
  return Array.from(out!.data as Float32Array);
}

const given = {
  "first.alpha": [0.5],
  "first.weight": Array.from({ length: channels }, (_, index) => 1 - index / 8),
  "first.bias": Array.from({ length: channels }, (_, index) => index / 16),
  "second.alpha": [0.25],
};

/** The two layers with the values above, in plain numbers; what is not given is the norm's own. */
const expected = Array.from(input, (x, index) => {
  const channel = index % channels;
  const z = given["first.weight"][channel]! * Math.tanh(0.5 * x) + given["first.bias"][channel]! + shift[channel]!;
  return weights["second.weight"][channel]! * Math.tanh(0.25 * z);
});

function expectClose(actual: readonly number[], wanted: readonly number[]): void {
  expect(actual).toHaveLength(wanted.length);
  actual.forEach((value, index) => { expect(value).toBeCloseTo(wanted[index]!, 5); });
}

/** Names of the norms proper that are in a graph. */
async function normsLeft(path: string): Promise<string[]> {
  const norms = findNorms((await openCheckpoint(path)).graph!);
  return norms.filter(({ kind }) => kind.endsWith("norm")).map(({ name }) => name).sort();
}

describe("a converted graph", () => {
  test("computes what the layers in the place of its norms compute", async () => {
    const path = await modelFile();
    const { target, files, layers } = await convert(path, { values: await valuesFile(given) });
    expect(layers.map(({ name, alpha, channels: count }) => ({ name, alpha, count }))).toEqual([{ name: "first", alpha: 0.5, count: 8 }, { name: "second", alpha: 0.25, count: 8 }]);
    expect(files).toEqual(["README.md", "two-norms.onnx"]);
    expectClose(await run(join(target, "two-norms.onnx")), expected);
    const converted = onnx.ModelProto.decode(await readFile(join(target, "two-norms.onnx")));
    expect(converted.graph!.initializer!.map(({ name }) => name)).not.toContain("first.weight");
    expect(converted.metadataProps.map(({ key, value }) => ({ key, value }))).toEqual([{ key: "author", value: "somebody" }]);
    expect(await normsLeft(join(target, "two-norms.onnx"))).toEqual([]);
  });

  test("keeps norms that were not asked for", async () => {
    const path = await modelFile();
    const { target, kept } = await convert(path, { values: await valuesFile(given), layers: ["second"] });
    expect(kept).toEqual([{ name: "first", reason: "it was not asked for" }]);
    const actual = await run(join(target, "two-norms.onnx"));
    const before = Array.from({ length: rows }, (_, row) => input.subarray(row * channels, (row + 1) * channels)).flatMap((values) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / channels;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / channels;
      return Array.from(values, (value) => (value - mean) / Math.sqrt(variance + 1e-5));
    });
    expectClose(actual, before.map((value, index) => {
      const channel = index % channels;
      return weights["second.weight"][channel]! * Math.tanh(0.25 * (weights["first.weight"][channel]! * value + weights["first.bias"][channel]! + shift[channel]!));
    }));
  });

  test.each(["its file", "its folder"])("has its weights beside it where the original has, named by %s", async (named) => {
    const path = await modelWithExternalData();
    const { target, files } = await convert(named === "its file" ? path : join(path, ".."), { values: await valuesFile(given) });
    const name = named === "its file" ? "two-norms.onnx" : "model.onnx";
    expect(files).toEqual(["README.md", name, `${name}.data`]);
    expectClose(await run(join(target, name)), expected);
    // Small or not: the shift is the only weight of the original that is left beside the second norm's gain.
    expect((await readFile(join(target, `${name}.data`))).subarray(0, 32)).toEqual(Buffer.from(shift.buffer));
  });

  test("has no names of other codes", async () => {
    const path = await modelFile();
    expect(await conversionRefusal(path, { names: "liger", values: await valuesFile(given) })).toBe(`${path} is a graph, whose layers have no parameters with the names of liger; leave the names out.`);
  });

  test.each(readdirSync(exported).filter((name) => name.endsWith(".onnx") && !name.startsWith("look-alikes")))("of an exporter still runs, with the same inputs and outputs: %s", async (name) => {
    const folder = await temporaryFolder();
    await copyFile(join(exported, name), join(folder, name));
    const before = (await openCheckpoint(join(folder, name))).graph!;
    const { architecture } = recogniseModel(await openCheckpoint(join(folder, name)));
    const { target, layers, kept } = await convert(join(folder, name));
    const session = await InferenceSession.create(join(target, name));
    expect(session.inputNames).toEqual(before.model.graph!.input!.map((one) => one.name).filter((one) => !before.model.graph!.initializer!.some((tensor) => tensor.name === one)));
    expect(session.outputNames).toEqual(before.model.graph!.output!.map((one) => one.name));
    expect(layers.length + kept.length).toBe(new Set(architecture.stages.flatMap(({ norms }) => (norms ?? []).map((norm) => norm.name))).size);
    expect(await normsLeft(join(target, name))).toEqual(kept.map((norm) => norm.name).sort());
  });
});
