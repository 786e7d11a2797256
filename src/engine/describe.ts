import type { ModelDescription } from "../shared/result";
import type { RecognisedModel } from "./architecture/families";
import type { Checkpoint } from "./checkpoint/checkpoint";
import { elementCount } from "./tensor";

/** Number of tensors and bytes by dtype, in the order of the file. */
export function dtypesOf(checkpoint: Checkpoint): Record<string, { tensors: number; bytes: number }> {
  const dtypes: Record<string, { tensors: number; bytes: number }> = {};
  for (const { dtype, length } of checkpoint.tensors.values()) {
    const known = dtypes[dtype] ?? { tensors: 0, bytes: 0 };
    dtypes[dtype] = { tensors: known.tensors + 1, bytes: known.bytes + length };
  }
  return dtypes;
}

/** What a result says of the checkpoint. Buffers such as causal masks count as parameters, as they are stored. */
export function describeModel(checkpoint: Checkpoint, { family, architecture }: RecognisedModel): ModelDescription {
  const elements = new Map<string, number>();
  for (const { dtype, shape } of checkpoint.tensors.values()) elements.set(dtype, (elements.get(dtype) ?? 0) + elementCount(shape));
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
