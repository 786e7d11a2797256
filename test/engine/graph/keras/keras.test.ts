import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { analyzeCheckpoint } from "../../../../src/engine/analyze";
import { batchNormsOf } from "../../../../src/engine/batch-norms";
import type { Checkpoint } from "../../../../src/engine/checkpoint/checkpoint";
import { openCheckpoint } from "../../../../src/engine/checkpoint/formats";
import type { JsonObject } from "../../../../src/engine/checkpoint/json";
import { readTensor } from "../../../../src/engine/checkpoint/tensor-data";
import { kerasGraph } from "../../../../src/engine/graph/keras/convert";
import { readKerasModel } from "../../../../src/engine/graph/keras/model";
import { withOutputs, type Graph } from "../../../../src/engine/graph/graph";
import { findNorms } from "../../../../src/engine/graph/norms";
import { inspectCheckpoint } from "../../../../src/engine/inspect";
import { localMeasurer } from "../../../../src/engine/measurer/local-measurer";
import { openOnnxRuntime } from "../../../../src/engine/runtime/onnxruntime";
import { openTfjs } from "../../../../src/engine/runtime/tfjs/tfjs";
import type { Runtime } from "../../../../src/engine/runtime/runtime";
import type { Tensor } from "../../../../src/engine/tensor";
import type { AnalysisRequest } from "../../../../src/shared/request";
import { refusal, temporaryFile, temporaryFolder } from "../../checkpoint/files";
import { worstError } from "../../golden";
import { localProver } from "../../runtime/local-prover";

/** Made by make_keras.py. */
const golden = join(import.meta.dirname, "../../checkpoint/golden");

async function open(name: string): Promise<Checkpoint> {
  const path = join(golden, name);
  return openCheckpoint(name.endsWith(".gz") ? await temporaryFile(basename(name, ".gz"), gunzipSync(await readFile(path))) : path);
}

/** What Keras computed: "feed.NAME", "norm.NAME" and "output". */
async function expectedOf(name: string): Promise<ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>> {
  const { tensors } = await openCheckpoint(join(golden, `keras-${name}.safetensors`));
  const read = await Promise.all([...tensors.values()].map(async (tensor) => [tensor.name, { shape: tensor.shape, data: await numbersOf(tensor) }] as const));
  return new Map(read);
}

async function numbersOf(tensor: Parameters<typeof readTensor>[0]): Promise<Float32Array> {
  if (tensor.dtype !== "I64") return readTensor(tensor);
  const bytes = (await readFile(tensor.file)).subarray(tensor.offset, tensor.offset + tensor.length);
  return Float32Array.from({ length: tensor.length / 8 }, (_, index) => Number(bytes.readBigInt64LE(8 * index)));
}

/** The graph's output, and what goes into each norm when it runs first. */
async function run(runtime: Runtime, graph: Graph, expected: Awaited<ReturnType<typeof expectedOf>>): Promise<ReadonlyMap<string, Tensor>> {
  const inputs = new Map(findNorms(graph).toReversed().map(({ name, input }) => [`norm.${name}`, input]));
  const outputs = (graph.model.graph?.output ?? []).map(({ name }) => name ?? "");
  const feeds = Object.fromEntries((graph.model.graph?.input ?? []).map(({ name, type }) => [name!, fed(expected.get(`feed.${name!}`)!, type?.tensorType?.elemType === 1)]));
  const session = await runtime.open(withOutputs(graph, [...inputs.values()].filter((value) => !outputs.includes(value))));
  const given = await session.run(feeds, [...inputs.values(), ...outputs]);
  await session.close();
  return new Map([...[...inputs].map(([name, value]) => [name, given[value]!] as const), ["output", given[outputs[0]!]!]]);
}

function fed({ shape, data }: { shape: readonly number[]; data: Float32Array }, isFloat: boolean): Tensor {
  return isFloat ? { type: "float32", shape: [...shape], data } : { type: "int64", shape: [...shape], data: BigInt64Array.from(data, BigInt) };
}

const models = [
  ["encoder.keras.gz", "encoder"],
  ["encoder-model.h5.gz", "encoder"],
  ["pictures.keras.gz", "pictures"],
  ["pictures-model.h5.gz", "pictures"],
  ["sequences.keras.gz", "sequences"],
  ["sequences-model.h5.gz", "sequences"],
  ["in-sequence.keras", "in-sequence"],
  ["operations.keras.gz", "operations"],
  ["two-model.h5.gz", "two"],
] as const;

describe("a Keras model as a graph", () => {
  it.each(models)("%s: gives what Keras gives, and the same goes into its norms", async (file, name) => {
    const { graph, cannotRun } = await open(file);
    expect(cannotRun).toBeUndefined();
    const expected = await expectedOf(name);
    const runtimes = name === "pictures" ? [openOnnxRuntime()] : [openOnnxRuntime(), await openTfjs("wasm")];
    for (const runtime of runtimes) {
      const given = await run(runtime, graph!, expected);
      const wanted = [...expected].filter(([key]) => !key.startsWith("feed."));
      expect(wanted.length).toBeGreaterThan(1);
      for (const [key, { data }] of wanted) {
        expect(given.has(key), key).toBe(true);
        expect(worstError(given.get(key)!.data as Float32Array, data), `${key} on ${runtime.name}`).toBeLessThan(1e-5);
      }
    }
  });
});

describe("what is told of a Keras model", () => {
  it("names of tensors are those of layers and parameters, whatever the file", async () => {
    const [archive, whole, weights] = [await open("encoder.keras.gz"), await open("encoder-model.h5.gz"), await open("encoder.weights.h5.gz")];
    expect([...archive.tensors.keys()].sort()).toEqual([...whole.tensors.keys()].sort());
    expect([...archive.tensors.keys()]).toEqual(expect.arrayContaining(["tokens/embeddings", "block_0_norm_1/gamma", "block_1_attention/attention_output/kernel", "pool/query/kernel", "classes/bias"]));
    expect([...weights.tensors.keys()]).toContain("layers/layer_normalization/vars/0");
    for (const [name, tensor] of archive.tensors) expect(await readTensor(tensor), name).toEqual(await readTensor(whole.tensors.get(name)!));
  });

  it("norms, wherever they stand, and their eps; batch norms are no candidates", async () => {
    const norms = async (name: string): Promise<unknown[]> => findNorms((await open(name)).graph!).map(({ name: norm, kind, eps, over }) => [norm, kind, eps, over]);
    expect(await norms("sequences.keras.gz")).toEqual([
      ["inner.inner_norm", "layernorm", 1e-3, { from: -1 }],
      ["inner.inner_norm", "layernorm", 1e-3, { from: -1 }],
      ["norm_without_gain", "layernorm", 1e-3, { from: -1 }],
      ["norm_alone", "layernorm", 1e-3, { from: -1 }],
      ["final_norm", "layernorm", 1e-3, { from: -1 }],
    ]);
    expect(await norms("pictures.keras.gz")).toEqual([
      ["group_norm", "groupnorm", 1e-3, { groups: 3 }],
      ["norm_of_all", "layernorm", 1e-3, { from: -3 }],
      ["norm", "rmsnorm", 1e-6, { from: -1 }],
    ]);
    expect(batchNormsOf(await open("pictures.keras.gz"))).toEqual(["batch_norm", "batch_normalization"]);
  });

  it("by inspect: what they are and what they must be fed", async () => {
    const { family, inputs } = await inspectCheckpoint(join(golden, "masked.keras"));
    expect({ family, inputs }).toEqual({ family: "keras", inputs: [{ name: "input_layer", type: "int64", shape: ["batch", 4] }] });
  });

  it("weights beside their model's configuration are the model", async () => {
    const archive = await open("encoder.keras.gz");
    const folder = await temporaryFolder();
    await writeFile(join(folder, "model.weights.h5"), gunzipSync(await readFile(join(golden, "encoder.weights.h5.gz"))));
    await writeFile(join(folder, "config.json"), await configurationOf("encoder.keras.gz"));
    const { tensors, graph } = await openCheckpoint(folder);
    expect([...tensors.keys()]).toEqual([...archive.tensors.keys()]);
    expect(findNorms(graph!).map(({ name }) => name)).toEqual(findNorms(archive.graph!).map(({ name }) => name));
  });
});

/** config.json, as it stands in an archive. */
async function configurationOf(name: string): Promise<Buffer> {
  const bytes = gunzipSync(await readFile(join(golden, name)));
  return bytes.subarray(bytes.indexOf('{"module"'), bytes.indexOf("PK", bytes.indexOf('{"module"')));
}

describe("a Keras model that can't be run", () => {
  const request = (checkpoint: string): AnalysisRequest => ({ kind: "analyze", checkpoint, input: { kind: "random" }, maxTokens: 64, skipFirst: false, seed: 0, runtime: "onnxruntime", device: "cpu" });
  const analyze = (path: string): Promise<unknown> => analyzeCheckpoint(request(path), { onProgress: () => undefined, signal: new AbortController().signal, measurer: localMeasurer(), prover: localProver });

  it("for a layer of its user's own: its norms are told, and the layer by name", async () => {
    const path = await temporaryFile("model.keras", gunzipSync(await readFile(join(golden, "vision-transformer.keras.gz"))));
    expect((await inspectCheckpoint(path)).norms.map(({ name, kind, eps, channels }) => [name, kind, eps, channels])).toEqual([["norm_1", "layernorm", 1e-6, 8], ["norm_2", "layernorm", 1e-6, 8]]);
    const message = await refusal(analyze(path));
    expect(message).toBe(`${path} has the layer "patch_encoder" of the class examples>PatchEncoder, which NormLens can't run; export it as ONNX, which NormLens reads (call it once, then model.export("model.onnx", format="onnx")).`);
  });

  it("for a setting: padding that is masked", async () => {
    expect(await refusal(analyze(join(golden, "masked.keras")))).toMatch(/has the layer "tokens" of the class Embedding \(with "mask_zero"\), which NormLens can't run; save it anew with mask_zero=False, .*, or export it as ONNX/);
    expect((await inspectCheckpoint(join(golden, "masked.keras"))).cannotRun).toBe(await refusal(analyze(join(golden, "masked.keras"))));
  });

  it("for a function that Keras 2 computed in another way", async () => {
    const model = gunzipSync(await readFile(join(golden, "two-model.h5.gz")));
    const place = model.indexOf('"activation": "elu", "use_bias": true');
    model.write('"activation": "hard_sigmoid"'.padEnd('"activation": "elu", "use_bias": true'.length), place, "latin1");
    expect(await refusal(openCheckpoint(await temporaryFile("model.h5", model)))).toMatch(/has the function "hard_sigmoid" as Keras 2 computes it, which NormLens does not read; export it as ONNX/);
  });

  it("for models inside models that call each other without end", () => {
    const tensor = (layer: string, call = 0): object => ({ class_name: "__keras_tensor__", config: { keras_history: [layer, call, 0] } });
    const calls = (first: string, own: string): object[] => Array.from({ length: 10 }, (_, call) => ({ args: [call === 0 ? tensor(first) : tensor(own, call - 1)], kwargs: {} }));
    const nested = (depth: number): object => ({
      ...{ class_name: "Functional", name: `model_${depth}`, inbound_nodes: depth === 0 ? [] : calls("in", `model_${depth}`) },
      config: {
        name: `model_${depth}`,
        layers: [{ class_name: "InputLayer", name: "in", config: { batch_shape: [null, 4], dtype: "float32" } }, depth === 12 ? { class_name: "Dropout", name: "last", config: { dtype: "float32" }, inbound_nodes: calls("in", "last") } : nested(depth + 1)],
        input_layers: ["in", 0, 0],
        output_layers: [depth === 12 ? "last" : `model_${depth + 1}`, 9, 0],
      },
    });
    const model = readKerasModel(nested(0) as JsonObject);
    expect(() => kerasGraph(model, new Map())).toThrow("its layers are called more than 100000 times");
  });

  it("for a configuration that is not there", async () => {
    for (const [name, weights] of [["model.weights.h5", "encoder.weights.h5.gz"], ["tf_model.h5", "gpt2-hf.h5.gz"]] as const) {
      const path = await temporaryFile(name, gunzipSync(await readFile(join(golden, weights))));
      expect(await refusal(inspectCheckpoint(path))).toBe(`${path} holds weights alone, and nothing says of what model; put the config.json that was saved with them beside them (that of a Keras model stands in its .keras archive).`);
    }
  });

  it("for a class of its user's own", async () => {
    expect(await refusal(openCheckpoint(join(golden, "own-model.keras")))).toMatch(/own-model\.keras is a model of the class OwnModel, whose layers its configuration does not state; export it as ONNX/);
  });
});
