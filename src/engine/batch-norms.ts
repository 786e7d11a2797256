import type { Checkpoint } from "./checkpoint/checkpoint";
import { flattened } from "./graph/bodies";
import { parameterName, scopeName } from "./graph/find/norm-name";
import { viewOf } from "./graph/find/view";
import { withoutFunctions } from "./graph/functions";
import type { Graph } from "./graph/graph";

/** Names of the batch norms of a checkpoint that have stored statistics. They normalise no token by itself, and are no candidates. */
export function batchNormsOf({ graph, tensors }: Pick<Checkpoint, "graph" | "tensors">): string[] {
  return graph ? batchNormsIn(graph) : [...tensors.keys()].flatMap((name) => {
    const path = /^(.*)\.running_mean$/.exec(name)?.[1];
    return path !== undefined && tensors.has(`${path}.running_var`) ? [path] : [];
  });
}

function batchNormsIn(graph: Graph): string[] {
  const { model } = graph;
  const nodes = flattened(withoutFunctions(model));
  const { constants } = viewOf({ ...graph, model: { ...model, graph: { ...model.graph, node: nodes } } });
  return nodes.flatMap(({ opType, name, input }, index) => {
    const [, weight = "", , mean = "", variance = ""] = input ?? [];
    if (opType !== "BatchNormalization" || !constants.has(mean) || !constants.has(variance)) return [];
    return [parameterName(constants.initializer(weight)) ?? scopeName(name ?? "") ?? (name || `BatchNormalization_${index}`)];
  });
}
