/** Names that are listed at most. */
const mostNames = 3;

/** The first names of batch norms. */
export function firstBatchNorms(names: readonly string[]): string {
  return [...names.slice(0, mostNames), ...(names.length > mostNames ? ["…"] : [])].join(", ");
}

/** Why batch norms are not among the layers of a result: where DyT took their place, ResNet-50 fell from 76.2 to 68.9 % on ImageNet (DyT paper, appendix). */
export const batchNormReason = "batch norm has no per-token statistics; DyT does not replace it";
