import type { onnx } from "onnx-proto";
import type { NormKind, StatisticalKind } from "../../../shared/norm";
import type { ReplacementCurve } from "../../../shared/replacement";
import type { Over } from "../axes";
import type { Value } from "../graph";
import type { GraphView } from "./view";

/** An element-wise layer in a norm's place: its curve, and the constants in it. */
export interface MatchedCurve {
  readonly curve: ReplacementCurve;
  readonly alpha: Value;
  readonly shift?: Value | undefined;
  /** The norm that could stand there. */
  readonly against: StatisticalKind;
}

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
  readonly trained?: MatchedCurve;
}

/** How one way of writing a norm is told, by the node that gives the normalised value; undefined where the node is none. */
export type NormSpelling = (view: GraphView, node: onnx.INodeProto) => NormMatch | undefined;
