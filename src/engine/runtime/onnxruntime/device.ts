import { availableParallelism } from "node:os";
import type { InferenceSession } from "onnxruntime-node";
import type { Graph } from "../../graph/graph";
import type { RuntimeOptions } from "../runtime";
import { nodesForProcessor } from "./webgpu-limits";

/** What onnxruntime can compute on: the processor, or a GPU through one of its execution providers. */
export type OnnxDevice = "cpu" | "cuda" | "dml" | "coreml" | "webgpu";

/** Flags of Core ML's execution provider: an ML program, on the processor and the GPU. The neural engine stays out, since it computes in float16. */
const coreMlFlags = 0x010 | 0x020;

/** What is set for one graph on one device; the nodes that a device can't run stay on the processor. */
export function sessionOptions(device: OnnxDevice, graph: Graph, { threads, gpu = 0 }: RuntimeOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: [executionProvider(device, graph, gpu)],
    // On the processor, weights are used once, so that folding costs more than it saves; a GPU would be sent a weight that is cast anew in every run.
    graphOptimizationLevel: device === "cpu" ? "disabled" : "basic",
    // A pattern lays all of a run's memory out anew from the second run on, which costs more than it saves in two or three runs.
    enableMemPattern: false,
    // What goes wrong is thrown.
    logSeverityLevel: 4,
    ...(threads !== undefined && { intraOpNumThreads: Math.min(threads, availableParallelism()) }),
  };
}

function executionProvider(device: OnnxDevice, graph: Graph, gpu: number): InferenceSession.ExecutionProviderConfig {
  switch (device) {
    case "cpu":
      return { name: "cpu" };
    case "cuda":
    case "dml":
      return { name: device, deviceId: gpu };
    case "coreml":
      return { name: "coreml", coreMlFlags };
    case "webgpu":
      return webGpuProvider(nodesForProcessor(graph));
  }
}

/** An empty list is refused. */
function webGpuProvider(forceCpuNodeNames: string[]): InferenceSession.WebGpuExecutionProviderOption {
  return { name: "webgpu", ...(forceCpuNodeNames.length > 0 && { forceCpuNodeNames }) };
}
