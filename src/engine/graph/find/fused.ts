import type { onnx } from "onnx-proto";
import type { NormKind } from "../../../shared/norm";
import { floatAttribute, intAttribute } from "../attributes";
import type { Over } from "../axes";
import type { NormSpelling } from "./match";
import { outputOf } from "./view";

/** An operator that is a norm: where its parts are among its inputs. */
interface FusedNorm {
  readonly kind: NormKind;
  /** What its eps is where it isn't stated. */
  readonly eps: number;
  readonly over: (node: onnx.INodeProto) => Over;
  readonly weight: number;
  readonly bias?: number;
  /** Number of the output that hands on what is normalised, where that is a sum of inputs. */
  readonly sum?: number;
}

const fromAxis = (node: onnx.INodeProto): Over => ({ from: intAttribute(node, "axis", -1) });
const overLast = (): Over => ({ from: -1 });

/** ONNX's own norms, and onnxruntime's, of which those that start with Skip or Embed add their inputs first. */
const operators: Readonly<Record<string, FusedNorm>> = {
  LayerNormalization: { kind: "layernorm", eps: 1e-5, over: fromAxis, weight: 1, bias: 2 },
  RMSNormalization: { kind: "rmsnorm", eps: 1e-5, over: fromAxis, weight: 1 },
  SimplifiedLayerNormalization: { kind: "rmsnorm", eps: 1e-5, over: fromAxis, weight: 1 },
  SkipLayerNormalization: { kind: "layernorm", eps: 1e-12, over: overLast, weight: 2, bias: 3, sum: 3 },
  SkipSimplifiedLayerNormalization: { kind: "rmsnorm", eps: 1e-12, over: overLast, weight: 2, sum: 3 },
  EmbedLayerNormalization: { kind: "layernorm", eps: 1e-12, over: overLast, weight: 5, bias: 6, sum: 2 },
  GroupNormalization: { kind: "groupnorm", eps: 1e-5, over: (node) => ({ groups: intAttribute(node, "num_groups", 1) }), weight: 1, bias: 2 },
};

/** The output of a fused norm that hands on the sum that it normalises; undefined for all other nodes. */
export function sumOutput(node: onnx.INodeProto): number | undefined {
  return operators[node.opType ?? ""]?.sum;
}

/** A norm that is one operator. */
export const fusedNorm: NormSpelling = (view, node) => {
  const norm = operators[node.opType ?? ""];
  if (!norm) return undefined;
  const input = norm.sum === undefined ? node.input?.[0] : node.output?.[norm.sum];
  if (input === undefined || input === "") return undefined;
  const constant = (position: number | undefined): string | undefined => {
    const value = position === undefined ? undefined : node.input?.[position];
    return value !== undefined && value !== "" && view.constants.has(value) ? value : undefined;
  };
  const { kind, eps, over, weight, bias } = norm;
  return { kind, eps: floatAttribute(node, "epsilon", eps), over: over(node), input, output: outputOf(node), weight: constant(weight), bias: constant(bias) };
};
