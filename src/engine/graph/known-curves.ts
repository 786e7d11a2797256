import { UserError } from "../../shared/errors";
import type { ReplacementCurve } from "../../shared/replacement";
import { operatorSetOf, type Graph } from "./graph";

/** Version of ONNX's operators from which on erf is one. */
const firstWithErf = 9;

/** Whether a layer of this curve can be written in the operators of a graph. */
export function knowsCurve(graph: Graph, curve: ReplacementCurve): boolean {
  return curve !== "erf" || operatorSetOf(graph) >= firstWithErf;
}

/** @throws UserError where a layer of this curve can't be written in the operators of a graph. */
export function refuseUnknownCurve(path: string, graph: Graph, curve: ReplacementCurve): void {
  if (!knowsCurve(graph, curve)) throw new UserError(`${path} is in version ${operatorSetOf(graph)} of ONNX's operators, which has no ${curve}; give values for another curve, or export the model in version ${firstWithErf} or later.`);
}
