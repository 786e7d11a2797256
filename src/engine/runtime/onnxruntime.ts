import { env, InferenceSession, Tensor as OrtTensor } from "./onnxruntime/binding";
import type { Graph } from "../graph/graph";
import type { Tensor } from "../tensor";
import { sessionOptions, type OnnxDevice } from "./onnxruntime/device";
import { explained } from "./onnxruntime/failure";
import { modelInMemory, modelOnFiles } from "./onnxruntime/model";
import { keepWebGpuDevice } from "./onnxruntime/webgpu-device";
import { refuseLargeWeights } from "./onnxruntime/webgpu-limits";
import type { Runtime, RuntimeOptions, Session } from "./runtime";

// What goes wrong is thrown; the terminal belongs to whoever shows progress.
env.logLevel = "fatal";

/**
 * onnxruntime-node on the processor, or on a GPU. Whether a GPU works shows when a graph is opened and run: what fails there is thrown as
 * one sentence, and nothing is computed wrongly instead.
 * @throws where a GPU other than the first is asked for, and the device has no way to be told.
 */
export function openOnnxRuntime(options: RuntimeOptions = {}, device: OnnxDevice = "cpu"): Runtime {
  if ((device === "webgpu" || device === "coreml") && (options.gpu ?? 0) !== 0) throw new Error(`onnxruntime can't be told to take GPU ${options.gpu} on ${device}`);
  if (device === "cuda" && options.tf32 !== true) turnTf32Off();
  return {
    name: "onnxruntime",
    device,
    version: env.versions.node ?? env.versions.common,
    open: (graph) => openSession(graph, device, options),
  };
}

async function openSession(graph: Graph, device: OnnxDevice, options: RuntimeOptions): Promise<Session> {
  if (device === "webgpu") refuseLargeWeights(graph);
  // cuBLAS wants its factors at addresses that are multiples of 16, and a checkpoint's file puts them anywhere.
  const model = await (device === "cuda" ? modelInMemory(graph) : modelOnFiles(graph));
  const session = await explaining(device, async () => {
    if (device === "webgpu") await keepWebGpuDevice();
    return InferenceSession.create(model.bytes, { ...sessionOptions(device, graph, options), ...model.weights });
  });
  return {
    run: async (feeds, fetches) => {
      const outputs = await explaining(device, () => session.run(mapValues(feeds, toOrt), [...fetches]));
      return mapValues(outputs, fromOrt);
    },
    close: () => session.release(),
  };
}

/** onnxruntime-node passes no option of the CUDA provider on but the device; cuBLAS reads this when it is loaded. */
function turnTf32Off(): void {
  process.env["NVIDIA_TF32_OVERRIDE"] = "0";
}

async function explaining<T>(device: OnnxDevice, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explained(error, device);
  }
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
