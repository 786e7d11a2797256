import { elementCount } from "../../tensor";
import type { Graph } from "../../graph/graph";

/** Most bytes that a shader reaches through one binding, on any GPU. Larger values are split, and not every kernel of onnxruntime reads past the first part. */
const largestBinding = 2 ** 31 - 1;

/** Operators that take rows out of a table, which stays on the processor. */
const lookUps = ["Gather", "Slice"];

/** Nodes that WebGPU had better leave to the processor: look-ups in a weight, which would be sent there whole, and casts, which fail for float16 on a GPU without that type. */
export function nodesForProcessor({ model, weights }: Graph): string[] {
  return (model.graph?.node ?? [])
    .filter(({ opType, input }) => opType === "Cast" || (lookUps.includes(opType ?? "") && weights.has(input?.[0] ?? "")))
    .map(({ name }) => name ?? "");
}

/**
 * Looks for a weight that WebGPU can't take, before onnxruntime tries.
 * @throws where there is one.
 */
export function refuseLargeWeights({ model, weights }: Graph): void {
  const computedWith = new Set((model.graph?.node ?? []).flatMap(({ opType, input }) => (lookUps.includes(opType ?? "") ? [] : (input ?? []))));
  for (const [name, { shape }] of weights) {
    const bytes = 4 * elementCount(shape);
    if (computedWith.has(name) && bytes > largestBinding) throw new Error(`the weight "${name}" takes ${(bytes / 1e9).toFixed(1)} GB on the GPU, and WebGPU takes 2.1 GB at most`);
  }
}
