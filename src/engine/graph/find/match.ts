import type { onnx } from "onnx-proto";
import type { NormKind } from "../../../shared/norm";
import type { Over } from "../axes";
import type { Value } from "../graph";
import type { GraphView } from "./view";

/** A norm as it was found in a graph, before it has a name. */
export interface NormMatch {
  readonly kind: NormKind;
  readonly eps: number;
  readonly over: Over;
  /** The value that is normalised. */
  readonly input: Value;
  /** The value after the affine. */
  readonly output: Value;
  /** Constants that hold gain and offset. */
  readonly weight?: Value | undefined;
  readonly bias?: Value | undefined;
}

/** How one way of writing a norm is told, by the node that gives the normalised value; undefined where the node is none. */
export type NormSpelling = (view: GraphView, node: onnx.INodeProto) => NormMatch | undefined;
