import type { ModelDescription } from "../shared/result";
import type { RecognisedModel } from "./architecture/families";
import type { Checkpoint, TensorReference } from "./checkpoint/checkpoint";
import { elementCount } from "./tensor";

/** Number of tensors and bytes by dtype, in the order of the file. */
export function dtypesOf(checkpoint: Checkpoint): Record<string, { tensors: number; bytes: number }> {
  const dtypes: Record<string, { tensors: number; bytes: number }> = {};
  for (const tensor of storedTensors(checkpoint)) {
    const dtype = storedAs(tensor);
    const known = dtypes[dtype] ?? { tensors: 0, bytes: 0 };
    dtypes[dtype] = { tensors: known.tensors + 1, bytes: known.bytes + tensor.length };
  }
  return dtypes;
}

/** The tensors of a checkpoint without those that are others by another name: tied weights count once. */
function storedTensors({ tensors }: Checkpoint): TensorReference[] {
  return [...new Map([...tensors.values()].map((tensor) => [`${tensor.offset} ${tensor.length} ${tensor.file}`, tensor])).values()];
}

/** The dtype of a tensor's elements in the file, or the format in which they are quantised. */
function storedAs({ dtype, encoding }: TensorReference): string {
  return encoding?.kind === "blocks" ? encoding.format : dtype;
}

/** What a result says of the checkpoint. Buffers such as causal masks count as parameters, as they are stored. */
export function describeModel(checkpoint: Checkpoint, { family, architecture }: RecognisedModel): ModelDescription {
  const elements = new Map<string, number>();
  for (const tensor of storedTensors(checkpoint)) {
    const dtype = storedAs(tensor);
    elements.set(dtype, (elements.get(dtype) ?? 0) + elementCount(tensor.shape));
  }
  const byCount = [...elements].sort(([, a], [, b]) => b - a);
  return {
    path: checkpoint.path,
    format: checkpoint.format,
    family,
    architecture: architecture.name,
    width: architecture.width,
    depth: architecture.depth,
    parameters: byCount.reduce((sum, [, count]) => sum + count, 0),
    dtype: byCount[0]?.[0] ?? "",
    isLanguageModel: architecture.isLanguageModel,
  };
}
