import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../../../../src/engine/checkpoint/formats";
import { openOnnxRuntime } from "../../../../src/engine/runtime/onnxruntime";
import { readAll } from "../../checkpoint/fuzz/read-all";
import { refusal, temporaryFolder } from "../../checkpoint/files";
import { modelFiles, modelNames, writeModel, type Node } from "./model-files";
import { unpacked } from "./models";
import { mutatedModel } from "./mutated-models";

interface Weights {
  readonly paths: readonly string[];
  readonly weights: readonly unknown[];
}

const float = { type: "DT_FLOAT" };
const placeholder: Node = { name: "x", op: "Placeholder", attr: { dtype: float, shape: { shape: { dim: [{ size: "-1" }] } } } };
const last: Node = { name: "y", op: "Identity", input: ["f"], attr: { T: float } };

/** A graph model with these nodes, functions and weights beside a shard of 8 bytes. */
async function graphModel(node: readonly Node[], functions: readonly unknown[] = [], weightsManifest: readonly Weights[] = []): Promise<string> {
  const folder = await temporaryFolder();
  const model = { format: "graph-model", modelTopology: { node, library: { function: functions } }, weightsManifest };
  await writeModel(new Map<string, string | Uint8Array>([["model.json", JSON.stringify(model)], ["shard.bin", new Uint8Array(8)]]), folder);
  return folder;
}

/** A function of one value that calls another as many times. */
function caller(name: string, called: string, times: number): unknown {
  const calls = Array.from({ length: times }, (_, index) => ({ name: `call${index}`, op: "PartitionedCall", input: [index === 0 ? "a" : `call${index - 1}:output:0`], attr: { f: { func: { name: called } } } }));
  return { signature: { name, inputArg: [{ name: "a" }], outputArg: [{ name: "b" }] }, nodeDef: calls, ret: { b: `call${times - 1}:output:0` } };
}

const call = (name: string): Node => ({ name: "f", op: "StatefulPartitionedCall", input: ["x"], attr: { f: { func: { name } } } });
const weight = { name: "f", shape: [2], dtype: "float32" };
const constant: Node = { name: "f", op: "Const", attr: { dtype: float } };

describe("a graph of TensorFlow is refused", () => {
  test.each<[string, readonly Node[], readonly unknown[], RegExp]>([
    ["that has a function which calls itself", [placeholder, call("again"), last], [caller("again", "again", 1)], /as its functions call each other without end; try/],
    ["that would have too many nodes", [placeholder, call("f0"), last], Array.from({ length: 30 }, (_, index) => caller(`f${index}`, `f${index + 1}`, 8)), /as it has more than 300000 (nodes|values); try/],
    ["that goes round", [placeholder, { name: "f", op: "AddV2", input: ["x", "y"], attr: { T: float } }, last, { name: "z", op: "Neg", input: ["y"] }], [], /as its node "y" depends on itself; try/],
    ["that takes what isn't there", [placeholder, last], [], /as nothing gives its value "f:0"; try/],
    ["with two nodes of one name", [placeholder, placeholder, last], [], /as two of its nodes are called "x"; try/],
    ["that repeats what it runs", [placeholder, { name: "f", op: "StatelessWhile", input: ["x"] }, last], [], /as it chooses or repeats what it runs \(StatelessWhile\); try/],
    ["with an operator that is not known", [placeholder, { name: "f", op: "Bincount", input: ["x"] }, last], [], /as it has the operator "Bincount", which NormLens can't translate; try its export as ONNX/],
    ["with a constant of no fixed shape", [{ ...constant, attr: { value: { tensor: { dtype: "DT_FLOAT", tensorShape: { dim: [{ size: "-1" }] } } } } }, last], [], /as its tensor "f" has no fixed shape; try/],
    ["with a constant of more than there is", [{ ...constant, attr: { value: { tensor: { dtype: "DT_FLOAT", tensorShape: { dim: [{ size: "99999999999" }] }, floatVal: [1] } } } }, last], [], /as its tensor "f" holds 1 numbers where its shape says 99999999999; try/],
    ["that splits without end", [placeholder, { name: "k", op: "Const", attr: { value: { tensor: { dtype: "DT_INT32", intVal: [0] } } } }, { name: "f", op: "Split", input: ["k", "x"], attr: { num_split: { i: "4000000000" } } }, last], [], /as it splits a value into 4000000000 parts; try/],
  ])("%s", async (_, nodes, functions, sentence) => {
    expect(await refusal(openCheckpoint(await graphModel(nodes, functions)))).toMatch(sentence);
  });

  test.each<[string, Weights, RegExp]>([
    ["out of its folder", { paths: ["../shard.bin"], weights: [weight] }, /names the shard "\.\.\/shard\.bin", which is not a file in its folder; don't trust this model/],
    ["that are missing", { paths: ["other.bin"], weights: [weight] }, /other\.bin: there is no such file/],
    ["of more than the shards have", { paths: ["shard.bin"], weights: [{ ...weight, shape: [3] }] }, /says that tensor "f" ends at byte 12 of its shards, which have 8; get all files again/],
    ["of more than any file has", { paths: ["shard.bin"], weights: [{ ...weight, shape: [2 ** 40, 2 ** 40] }] }, /states a shape of tensor "f" that is too large for any file; get/],
    ["in too many shards", { paths: Array.from({ length: 5000 }, () => "shard.bin"), weights: [weight] }, /has 5000 shards, more than the 4096 that are read; get/],
    ["of text", { paths: ["shard.bin"], weights: [{ ...weight, dtype: "string" }] }, /tensor "f" is of type "string", which NormLens can't read; convert/],
    ["quantised without a scale", { paths: ["shard.bin"], weights: [{ ...weight, quantization: { dtype: "uint8" } }] }, /states no scale of the quantised tensor "f"; get/],
  ])("with weights %s", async (_, weights, sentence) => {
    expect(await refusal(openCheckpoint(await graphModel([constant, last], [], [weights])))).toMatch(sentence);
  });
});

describe("a SavedModel is refused", () => {
  const data = "variables/variables.data-00000-of-00001";
  const index = "variables/variables.index";

  test.each<[string, Record<string, Uint8Array>, RegExp]>([
    ["whose variables are cut off", { [data]: new Uint8Array(100) }, /variables\.index says that tensor ".*" ends at byte \d+ of .*, which has 100 bytes; get both files again/],
    ["whose index is none", { [index]: new Uint8Array(60) }, /variables\.index does not end as a TensorFlow index does; get/],
    ["whose index is cut off in front", { [index]: modelFiles("first-bert").get(index)!.subarray(100) }, /variables\.index .*; get the file again/],
    ["whose graph is none", { "saved_model.pb": Uint8Array.of(0x12, 0xff, 1) }, /saved_model\.pb is no SavedModel of TensorFlow or is damaged; get/],
    ["without a graph", { "saved_model.pb": Uint8Array.of(8, 1) }, /saved_model\.pb holds no graph; save/],
  ])("%s", async (_, changes, sentence) => {
    expect(await refusal(openCheckpoint(await unpacked("first-bert", changes)))).toMatch(sentence);
  });

  test("whose variables are missing", async () => {
    const folder = await unpacked("first-bert");
    await rm(join(folder, data));
    expect(await refusal(openCheckpoint(folder))).toMatch(/variables\.data-00000-of-00001: there is no such file/);
    await rm(join(folder, index));
    expect(await refusal(openCheckpoint(folder))).toMatch(/as nothing was saved for its variable "bert\/[^"]+"; try/);
  });
});

test("mutated models of TensorFlow are read or refused in one sentence, 200 of them", async () => {
  const models = modelNames().map(modelFiles);
  for (let number = 0; number < 200; number++) {
    const folder = join(await temporaryFolder(), "model");
    await writeModel(mutatedModel(models, number), folder);
    await expect(readAll(folder)).resolves.toBeUndefined();
  }
});

test("a graph whose constants, inputs and outputs share names keeps them apart", async () => {
  const held = (name: string, value: number): Node => ({ name, op: "Const", attr: { dtype: float, value: { tensor: { dtype: "DT_FLOAT", tensorShape: { dim: [] }, floatVal: [value] } } } });
  const sum = (name: string, input: readonly string[]): Node => ({ name, op: "AddN", input, attr: { T: float } });
  const nodes = [placeholder, held("z", 1), held("n/ReadVariableOp", 2), held("n/ReadVariableOp_1", 4), held("n", 8), sum("f", ["x", "z", "n/ReadVariableOp", "n/ReadVariableOp_1", "n"]), { ...last, name: "w" }];
  const info = (name: string): unknown => ({ name: `${name}:0`, dtype: "DT_FLOAT", tensorShape: { dim: [{ size: "-1" }] } });
  const folder = await temporaryFolder();
  const weights = ["n/ReadVariableOp", "n/ReadVariableOp_1", "n"].map((name) => ({ name, shape: [], dtype: "float32" }));
  const model = { modelTopology: { node: nodes }, signature: { inputs: { z: info("x") }, outputs: { z: info("w"), n: info("f") } }, weightsManifest: [{ paths: ["shard.bin"], weights }] };
  await writeModel(new Map<string, string | Uint8Array>([["model.json", JSON.stringify(model)], ["shard.bin", new Uint8Array(Float32Array.of(2, 4, 8).buffer)]]), folder);
  const { graph } = await openCheckpoint(folder);
  const session = await openOnnxRuntime().open(graph!);
  const outputs = await session.run({ z: { type: "float32", shape: [1], data: Float32Array.of(16) } }, ["z:output", "n"]);
  await session.close();
  expect(Object.values(outputs).map(({ data }) => [...data])).toEqual([[31], [31]]);
});
