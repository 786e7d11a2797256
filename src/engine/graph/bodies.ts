import type { onnx } from "onnx-proto";
import type { Graph } from "./graph";
import { findNorms } from "./norms";

/** The number of norms in the bodies of a graph's `If`, `Loop` and `Scan` nodes, which hand out nothing from within. */
export function normsInBodies({ model, weights }: Graph): number {
  const count = (nodes: readonly onnx.INodeProto[], outer: readonly onnx.ITensorProto[]): number =>
    bodiesOf(nodes).reduce((sum, body) => {
      const initializer = [...outer, ...(body.initializer ?? [])];
      return sum + findNorms({ model: { graph: { ...body, initializer } }, weights }).length + count(body.node ?? [], initializer);
    }, 0);
  return count(model.graph?.node ?? [], model.graph?.initializer ?? []);
}

function bodiesOf(nodes: readonly onnx.INodeProto[]): onnx.IGraphProto[] {
  return nodes.flatMap(({ attribute }) => (attribute ?? []).flatMap(({ g }) => (g ? [g] : [])));
}
