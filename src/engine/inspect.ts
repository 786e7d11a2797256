import type { Inspection } from "../shared/inspection";
import { batchNormsOf } from "./batch-norms";
import { recogniseModel } from "./architecture/families";
import { openCheckpoint } from "./checkpoint/formats";
import { describeModel, dtypesOf } from "./describe";
import { writeStages } from "./forward";
import { viewOf } from "./graph/find/view";
import type { Graph } from "./graph/graph";
import type { NormNode } from "./graph/norms";
import { surveyNorms } from "./survey";

/**
 * What header and configuration tell of a checkpoint; no weight is read.
 * @throws UserError where the checkpoint can't be read or its family is not known.
 */
export async function inspectCheckpoint(path: string): Promise<Inspection> {
  const checkpoint = await openCheckpoint(path);
  const model = recogniseModel(checkpoint);
  const norms = surveyNorms(writeStages(model.architecture.stages));
  const dtypes = dtypesOf(checkpoint);
  const batchNorms = batchNormsOf(checkpoint);
  return {
    ...describeModel(checkpoint, model),
    norms: [...norms.values()].map(({ node, graph }) => ({
      name: node.name,
      kind: node.kind,
      role: node.role,
      depth: node.depth,
      eps: node.eps,
      channels: channelsOf(graph, node),
    })),
    ...(batchNorms.length > 0 && { batchNorms }),
    dtypes,
    bytes: Object.values(dtypes).reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** 0 where only a run can tell. */
function channelsOf(graph: Graph, { weight }: NormNode): number {
  const size = weight === undefined ? 0 : (viewOf(graph).constants.size(weight) ?? 0);
  return size > 1 ? size : 0;
}
