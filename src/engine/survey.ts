import type { Checkpoint } from "./checkpoint/checkpoint";
import type { WrittenStage } from "./forward";
import type { Graph } from "./graph/graph";
import type { NormNode } from "./graph/norms";

/** A norm layer and how often it runs in one forward pass. */
export interface SurveyedNorm {
  /** Where it runs first. */
  readonly node: NormNode;
  /** Where it stands. */
  readonly graph: Graph;
  /** More than 1 where blocks share parameters. */
  readonly calls: number;
}

/** The norm layers of a model by name, in the order in which they run first. */
export function surveyNorms(stages: readonly WrittenStage[]): ReadonlyMap<string, SurveyedNorm> {
  const norms = new Map<string, SurveyedNorm>();
  for (const { graph, norms: nodes } of stages) {
    for (const node of nodes) {
      const known = norms.get(node.name);
      norms.set(node.name, known ? { ...known, calls: known.calls + 1 } : { node, graph, calls: 1 });
    }
  }
  return norms;
}

/** Last part of the module path of what people call norm layers: ln_1, ln_f, LayerNorm, input_layernorm, norm2, q_norm ... */
const normPath = /(^|[._])(ln(_?\w+)?|\w*norm\w*)$/i;

/** Modules of a checkpoint that are called like norms and hold a vector, but whose tensors no stage uses. */
export function unreachedNorms(checkpoint: Checkpoint, stages: readonly WrittenStage[]): string[] {
  const used = new Set(stages.flatMap(({ graph }) => (graph.model.graph?.initializer ?? []).map(({ name }) => name ?? "")));
  const paths = [...checkpoint.tensors.values()].flatMap(({ name, shape }) => {
    const match = /^(.*)\.(weight|gamma|scale)$/.exec(name);
    const path = match?.[1];
    return path !== undefined && shape.length === 1 && normPath.test(path) && !used.has(name) ? [path] : [];
  });
  return [...new Set(paths)];
}
