import { availableParallelism } from "node:os";
import { basename, dirname } from "node:path";
import { onnx } from "onnx-proto";
import { env, InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { TensorReference } from "../checkpoint/checkpoint";
import { readBytes } from "../checkpoint/tensor-data";
import type { Graph } from "../graph/graph";
import type { Tensor } from "../tensor";
import type { Runtime, RuntimeOptions, Session } from "./runtime";

const { DataLocation } = onnx.TensorProto;

/**
 * Options of a session whose weights are used once: nothing is repacked or folded, so that opening costs no more than
 * mapping the checkpoint's bytes. On large matrix products the speed is the same.
 */
const sessionOptions = {
  executionProviders: ["cpu"],
  graphOptimizationLevel: "disabled",
  // A pattern lays all of a run's memory out anew from the second run on, which costs more than it saves in two or three runs.
  enableMemPattern: false,
  logSeverityLevel: 3,
} as const satisfies InferenceSession.SessionOptions;

/** onnxruntime-node on the processor. */
export function openOnnxRuntime(options: RuntimeOptions = {}): Runtime {
  return {
    name: "onnxruntime",
    device: "cpu",
    version: env.versions.node ?? env.versions.common,
    open: (graph) => openSession(graph, options.threads),
  };
}

async function openSession(graph: Graph, threads: number | undefined): Promise<Session> {
  const folder = folderOfMost([...graph.weights.values()]);
  const session = await InferenceSession.create(await serialise(graph, folder), {
    ...sessionOptions,
    ...(threads !== undefined && { intraOpNumThreads: Math.min(threads, availableParallelism()) }),
    extra: {
      session: { disable_prepacking: "1", ...(folder !== undefined && { model_external_initializers_file_folder_path: folder }) },
    },
  });
  return {
    run: async (feeds, fetches) => {
      const outputs = await session.run(mapValues(feeds, toOrt), [...fetches]);
      return mapValues(outputs, fromOrt);
    },
    close: () => session.release(),
  };
}

/** ModelProto bytes with the weights named as external data of `folder`; weights that lie elsewhere are read in. */
async function serialise(graph: Graph, folder: string | undefined): Promise<Uint8Array> {
  const { model } = graph;
  const initializer = await Promise.all(
    (model.graph?.initializer ?? []).map(async (tensor) => {
      const weight = graph.weights.get(tensor.name ?? "");
      if (!weight) return tensor;
      return dirname(weight.file) === folder
        ? { ...tensor, dataLocation: DataLocation.EXTERNAL, externalData: externalData(weight) }
        : { ...tensor, rawData: await readBytes(weight) };
    }),
  );
  return onnx.ModelProto.encode({ ...model, graph: { ...model.graph, initializer } }).finish();
}

function externalData(weight: TensorReference): onnx.IStringStringEntryProto[] {
  return [
    { key: "location", value: basename(weight.file) },
    { key: "offset", value: String(weight.offset) },
    { key: "length", value: String(weight.length) },
  ];
}

/** onnxruntime maps external data from one folder only. */
function folderOfMost(weights: readonly TensorReference[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { file } of weights) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

function toOrt(tensor: Tensor): OrtTensor {
  return tensor.type === "float32"
    ? new OrtTensor("float32", tensor.data, tensor.shape)
    : new OrtTensor("int64", tensor.data, tensor.shape);
}

function fromOrt(tensor: OrtTensor): Tensor {
  if (tensor.type === "float32" && tensor.data instanceof Float32Array)
    return { type: "float32", shape: tensor.dims, data: tensor.data };
  if (tensor.type === "int64" && tensor.data instanceof BigInt64Array)
    return { type: "int64", shape: tensor.dims, data: tensor.data };
  throw new Error(`onnxruntime handed back a tensor of type ${tensor.type}.`);
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, convert: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, convert(value)]));
}
