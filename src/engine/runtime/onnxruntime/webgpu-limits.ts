import { intAttribute } from "../../graph/attributes";
import { elementCount } from "../../tensor";
import type { Graph } from "../../graph/graph";

/** Most bytes that a shader reaches through one binding, on any GPU. Larger values are split, and not every kernel of onnxruntime reads past the first part. */
const largestBinding = 2 ** 31 - 1;

/** Operators that take rows out of a table, which stays on the processor. */
const lookUps = ["Gather", "Slice"];

/**
 * Nodes that WebGPU had better leave to the processor: look-ups in a weight, which would be sent there whole, casts, which fail for float16 on a GPU without
 * that type, and convolutions that it computes wrongly.
 */
export function nodesForProcessor({ model, weights }: Graph): string[] {
  const channels = new Map((model.graph?.initializer ?? []).map(({ name, dims }) => [name ?? "", Number(dims?.[1])]));
  return (model.graph?.node ?? [])
    .filter((node) => {
      const input = node.input ?? [];
      if (node.opType === "Conv") return isConvolvedWrongly(intAttribute(node, "group", 1) * (channels.get(input[1] ?? "") ?? NaN));
      return node.opType === "Cast" || (lookUps.includes(node.opType ?? "") && weights.has(input[0] ?? ""));
    })
    .map(({ name }) => name ?? "");
}

/**
 * onnxruntime 1.30 reads its input in threes where the number of channels is a multiple of three and not of four, and gives wrong numbers for more than three
 * (6, 9; seen with 16 output channels). What is not known to be right, unknown numbers among it, is kept from it.
 */
function isConvolvedWrongly(inputChannels: number): boolean {
  return inputChannels !== 3 && inputChannels % 4 !== 0;
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
