import { onnx } from "onnx-proto";
import { InferenceSession } from "./binding";
import { GraphBuilder } from "../../graph/builder";

let keeper: Promise<InferenceSession> | undefined;

/**
 * Keeps WebGPU's device, and the shaders that it has compiled, until the process ends. onnxruntime gives both up with the last session, and compiles them
 * anew for the next: a second or more for every stage. So one session of next to nothing stays open.
 */
export async function keepWebGpuDevice(): Promise<void> {
  keeper ??= InferenceSession.create(smallestModel(), { executionProviders: ["webgpu"], logSeverityLevel: 4 });
  await keeper;
}

function smallestModel(): Uint8Array {
  const builder = new GraphBuilder("keeper");
  builder.output(builder.input("x", "float32", [1]), "y");
  return onnx.ModelProto.encode(builder.build().model).finish();
}
