import type { Inspection } from "../shared/inspection";
import { batchNormsOf } from "./batch-norms";
import { recogniseModel } from "./architecture/families";
import { openCheckpoint } from "./checkpoint/formats";
import { describeModel, dtypesOf } from "./describe";
import { writeStages } from "./forward";
import { channelsOf } from "./graph/channels";
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
  const { input } = model.architecture;
  return {
    ...describeModel(checkpoint, model),
    norms: [...norms.values()].map(({ node, graph }) => ({
      name: node.name,
      kind: node.kind,
      role: node.role,
      depth: node.depth,
      eps: node.eps,
      // What is run ends at the last norm; the whole graph has the product behind it, too.
      channels: channelsOf(graph, node) || channelsOf(checkpoint.graph ?? graph, node),
    })),
    ...(input.modality === "graph" && { inputs: input.feeds }),
    ...(checkpoint.cannotRun !== undefined && { cannotRun: checkpoint.cannotRun }),
    ...(batchNorms.length > 0 && { batchNorms }),
    dtypes,
    bytes: Object.values(dtypes).reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
