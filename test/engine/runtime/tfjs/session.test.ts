import * as tf from "@tensorflow/tfjs-core";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TensorReference } from "../../../../src/engine/checkpoint/checkpoint";
import { GraphBuilder } from "../../../../src/engine/graph/builder";
import type { Graph } from "../../../../src/engine/graph/graph";
import { openOnnxRuntime } from "../../../../src/engine/runtime/onnxruntime";
import type { Runtime } from "../../../../src/engine/runtime/runtime";
import { openSession } from "../../../../src/engine/runtime/tfjs/session";
import { openTfjs } from "../../../../src/engine/runtime/tfjs/tfjs";
import { elementCount, type Tensor } from "../../../../src/engine/tensor";
import { worstError } from "../../golden";
import { testedBackends } from "./backends";

let folder: string;
/** Seven rows of four. */
let table: TensorReference;
/** A dense layer from four channels to four. */
let weight: TensorReference;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "normlens-test-"));
  const file = join(folder, "weights.bin");
  const values = Float32Array.from({ length: 44 }, (_, index) => Math.sin(index));
  await writeFile(file, values);
  table = { name: "table", dtype: "F32", shape: [7, 4], file, offset: 0, length: 112 };
  weight = { name: "weight", dtype: "F32", shape: [4, 4], file, offset: 112, length: 64 };
});

afterAll(() => rm(folder, { recursive: true }));

/** Rows of the table by ids [batch, sequence], with the first rows added, through the dense layer and the norm. */
function embedding(): Graph {
  const g = new GraphBuilder("embedding");
  const ids = g.input("ids", "int64", ["batch", "sequence"]);
  const placed = g.add(g.lookUp(table, ids), g.firstRows(table, g.sequenceLength(ids)));
  g.output(g.project(placed, { weight, layout: "out-in" }), "y");
  return g.build();
}

function gelu(): Graph {
  const g = new GraphBuilder("gelu");
  const x = g.input("x", "float32", ["rows", 4]);
  g.output(g.op("Gelu", [g.linear(x, { weight, layout: "out-in" })]), "y");
  return g.build();
}

const ids: Tensor = { type: "int64", shape: [2, 3], data: BigInt64Array.of(6n, 0n, 5n, 5n, 1n, 6n) };
const x: Tensor = { type: "float32", shape: [3, 4], data: Float32Array.from({ length: 12 }, (_, index) => Math.cos(index)) };

async function onnxruntimeOutput(graph: Graph, feeds: Record<string, Tensor>): Promise<Tensor> {
  const session = await openOnnxRuntime().open(graph);
  const { y } = await session.run(feeds, ["y"]);
  await session.close();
  return y!;
}

describe.each(testedBackends)("a session of tfjs/$device", ({ device, options }) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openTfjs(device, options);
  });

  test("says what it is", () => {
    expect(runtime).toMatchObject({ name: "tfjs", device });
    expect(runtime.version).toMatch(/^\d+\.\d+/);
  });

  test("keeps nothing of a hundred runs, and nothing at all once it is closed", async () => {
    const before = tf.memory().numTensors;
    const session = await runtime.open(embedding());
    await session.run({ ids }, ["y"]);
    const first = tf.memory();
    for (let run = 0; run < 100; run += 1) await session.run({ ids }, ["y"]);
    expect(tf.memory()).toMatchObject({ numTensors: first.numTensors, numBytes: first.numBytes });
    await session.close();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("reads rows of tables, and puts no table on the device", async () => {
    const before = tf.memory().numBytes;
    const session = await runtime.open(embedding());
    expect(tf.memory().numBytes - before).toBe(weight.length);
    const { y } = await session.run({ ids }, ["y"]);
    await session.close();
    const expected = await onnxruntimeOutput(embedding(), { ids });
    expect(y!.shape).toEqual(expected.shape);
    expect(worstError(y!.data as Float32Array, expected.data as Float32Array)).toBeLessThan(1e-6);
  });

  test("lets go of everything where a run fails", async () => {
    const session = await runtime.open(gelu());
    await session.run({ x }, ["y"]);
    const before = tf.memory().numTensors;
    const wrong: Tensor = { type: "float32", shape: [2, 3], data: new Float32Array(6) };
    await expect(session.run({ x: wrong }, ["y"])).rejects.toThrow();
    expect(tf.memory().numTensors).toBe(before);
    const { y } = await session.run({ x }, ["y"]);
    expect(worstError(y!.data as Float32Array, (await onnxruntimeOutput(gelu(), { x })).data as Float32Array)).toBeLessThan(1e-6);
    await session.close();
  });

  test("says what it was not fed", async () => {
    const session = await runtime.open(gelu());
    await expect(session.run({}, ["y"])).rejects.toThrow("The graph was not fed x.");
    await session.close();
  });

  test("refuses ids that the table does not have", async () => {
    const session = await runtime.open(embedding());
    await expect(session.run({ ids: { type: "int64", shape: [1, 1], data: BigInt64Array.of(7n) } }, ["y"])).rejects.toThrow("There is no entry 7 among 7.");
    await session.close();
  });

  test("lets go of everything where opening fails", async () => {
    const before = tf.memory().numTensors;
    const graph = gelu();
    const broken = { ...graph, weights: new Map([["weight", { ...weight, offset: 10_000 }]]) };
    await expect(runtime.open(broken)).rejects.toThrow();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("refuses an operator that it does not know when it is opened", async () => {
    const g = new GraphBuilder("unknown");
    g.output(g.op("Frobnicate", [g.input("x", "float32", ["rows"])]), "y");
    await expect(runtime.open(g.build())).rejects.toThrow("tfjs can't run the operator Frobnicate; choose the runtime onnxruntime.");
  });

  test("refuses what an operator does not compute", async () => {
    const g = new GraphBuilder("indices");
    const image = g.input("x", "float32", [1, 1, 4, 4]);
    g.output(g.ops("MaxPool", [image], { kernel_shape: { ints: [2, 2] } }, 2)[0]!, "y");
    const session = await runtime.open(g.build());
    const before = tf.memory().numTensors;
    const feeds: Record<string, Tensor> = { x: { type: "float32", shape: [1, 1, 4, 4], data: new Float32Array(16) } };
    await expect(session.run(feeds, ["y"])).rejects.toThrow("tfjs can't compute output 2 of the operator MaxPool; choose the runtime onnxruntime.");
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([
    ["Conv", {}, [1, 1, 3, 3, 3], [1, 1, 2, 2, 2], "tfjs can't run Conv over 3 spatial axes; choose the runtime onnxruntime."],
    ["Einsum", { equation: { string: "ii,jk->i" } }, [2, 2], [2, 2], 'tfjs can\'t run the Einsum "ii,jk->i", which takes a diagonal; choose the runtime onnxruntime.'],
    ["MaxPool", { kernel_shape: { ints: [2, 2] }, dilations: { ints: [2, 2] } }, [1, 1, 5, 5], undefined, "tfjs can't run MaxPool with dilations; choose the runtime onnxruntime."],
    ["BatchNormalization", { training_mode: { int: 1 } }, [1, 1], [1], "tfjs can't run BatchNormalization as in training; export the model for inference."],
  ] as const)("refuses a form of %s that it can't run", async (opType, attributes, shape, second, message) => {
    const g = new GraphBuilder("refused");
    const inputs = [g.input("x", "float32", shape), ...(second ? [g.input("z", "float32", second)] : [])];
    g.output(g.op(opType, inputs, attributes), "y");
    const session = await runtime.open(g.build());
    const ones = (sizes: readonly number[]): Tensor => ({ type: "float32", shape: sizes, data: new Float32Array(elementCount(sizes)).fill(1) });
    await expect(session.run({ x: ones(shape), ...(second && { z: ones(second) }) }, ["y"])).rejects.toThrow(message);
    await session.close();
  });

  test("does not look at nodes that no output needs", async () => {
    const g = new GraphBuilder("dead");
    const input = g.input("x", "float32", ["rows", 4]);
    g.op("Frobnicate", [input]);
    g.output(input, "y");
    const session = await runtime.open(g.build());
    expect(await session.run({ x }, ["y"])).toEqual({ y: x });
    await session.close();
  });
});

describe("several runtimes in one process", () => {
  test("run side by side, each on its own backend", async () => {
    const runtimes = await Promise.all(testedBackends.map(({ device, options }) => openTfjs(device, options)));
    const sessions = await Promise.all(runtimes.flatMap((runtime) => [runtime.open(embedding()), runtime.open(embedding())]));
    const outputs = await Promise.all([...sessions, ...sessions].map((session) => session.run({ ids }, ["y"])));
    const expected = await onnxruntimeOutput(embedding(), { ids });
    for (const { y } of outputs) expect(worstError(y!.data as Float32Array, expected.data as Float32Array)).toBeLessThan(1e-6);
    await Promise.all(sessions.map((session) => session.close()));
  });
});

describe("a memory limit", () => {
  test("of WebAssembly is kept within one operator too, and the module lives on", async () => {
    const runtime = await openTfjs("wasm");
    const g = new GraphBuilder("vast");
    g.output(g.op("Exp", [g.op("Expand", [g.input("x", "float32", [1, 1]), g.ints([2 ** 15, 2 ** 15])])]), "y");
    const session = await runtime.open(g.build());
    const before = tf.memory().numTensors;
    await expect(session.run({ x: { type: "float32", shape: [1, 1], data: Float32Array.of(1) } }, ["y"])).rejects.toThrow(
      "This part of the model needs 4.0 GiB, and tfjs on wasm has 3.5 GiB; choose another runtime, or a shorter sequence length.",
    );
    expect(tf.memory().numTensors).toBe(before);
    await session.close();
    const other = await runtime.open(gelu());
    expect((await other.run({ x }, ["y"]))["y"]!.shape).toEqual([3, 4]);
    await other.close();
  });

  test("refuses weights before they are loaded", async () => {
    await openTfjs("cpu");
    const before = tf.memory().numTensors;
    await expect(openSession(gelu(), { device: "cpu", version: "0", memoryLimit: tf.memory().numBytes + 63 })).rejects.toThrow(
      /^This part of the model needs \d+\.\d GiB, and tfjs on cpu has \d+\.\d GiB; choose another runtime, or a shorter sequence length\.$/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test("refuses what grows in a run, and the session can go on", async () => {
    await openTfjs("cpu");
    const session = await openSession(gelu(), { device: "cpu", version: "0", memoryLimit: tf.memory().numBytes + 64 + 1000 });
    const before = tf.memory().numTensors;
    const large: Tensor = { type: "float32", shape: [1000, 4], data: new Float32Array(4000) };
    await expect(session.run({ x: large }, ["y"])).rejects.toThrow("choose another runtime");
    expect(tf.memory().numTensors).toBe(before);
    expect((await session.run({ x }, ["y"]))["y"]!.shape).toEqual([3, 4]);
    await session.close();
  });
});
