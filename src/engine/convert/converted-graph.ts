import type { onnx } from "onnx-proto";
import { withoutFunctions } from "../graph/functions";
import { outputNames, type Graph } from "../graph/graph";
import { withFloat32Taps } from "../graph/half-precision";
import { findNorms, type NormNode } from "../graph/norms";
import { prunedTo } from "../graph/prune";
import { replaceNorms, type ElementWiseValues } from "../graph/replace";
import { handSumsOn } from "../graph/sums";

/**
 * A user's graph with element-wise layers in the place of norms. It takes and gives what it took and gave; functions of the model are written out, since norms
 * can stand in them, and what only a norm needed is left out.
 */
export function convertedGraph(whole: Graph, valuesOf: (norm: NormNode) => ElementWiseValues | undefined): Graph {
  const own = whole.model.graph ?? {};
  const written: Graph = { ...whole, model: { ...whole.model, opsetImport: allOpsets(whole.model), functions: [], graph: { ...own, node: handSumsOn(withoutFunctions(whole.model)) } } };
  const { graph, norms } = withFloat32Taps(written, findNorms(written));
  const { model, weights } = prunedTo(replaceNorms(graph, norms, valuesOf), outputNames(whole));
  const stored = new Set((own.initializer ?? []).map(({ name }) => name));
  const input = (own.input ?? []).filter(({ name }) => !stored.has(name));
  return { weights, model: { ...model, irVersion: Math.max(unlistedInitializers, Number(model.irVersion ?? 0)), graph: { ...model.graph, input, output: own.output ?? [] } } };
}

/** First version of the format in which initializers need not stand among the inputs. */
const unlistedInitializers = 4;

/** Operator sets of the model, and of its functions where it has none for a domain. */
function allOpsets({ opsetImport, functions }: onnx.IModelProto): onnx.IOperatorSetIdProto[] {
  const stated = new Map<string, onnx.IOperatorSetIdProto>();
  for (const one of [...(opsetImport ?? []), ...(functions ?? []).flatMap((written) => written.opsetImport ?? [])]) {
    const domain = one.domain ?? "";
    if (!stated.has(domain)) stated.set(domain, one);
  }
  return [...stated.values()];
}
