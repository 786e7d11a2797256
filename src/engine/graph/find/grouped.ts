import { axesOf } from "../axes";
import { floatAttribute } from "../attributes";
import type { Value } from "../graph";
import { affineBehind, reshapeBehind } from "./affine";
import type { NormMatch, NormSpelling } from "./match";
import { meanOf } from "./mean";
import { spreadOf } from "./spread";
import { isSame, originOf } from "./transparent";
import { outputOf, type GraphView } from "./view";

/** An InstanceNormalization: a norm of every channel by itself, or of groups of channels that a Reshape has put together. */
export const instanceNorm: NormSpelling = (view, node) => {
  if (node.opType !== "InstanceNormalization") return undefined;
  const [input = "", weight = "", bias = ""] = node.input ?? [];
  const groups = view.constants.size(weight);
  if (groups === undefined) return undefined;
  const match: NormMatch = { kind: "groupnorm", eps: floatAttribute(node, "epsilon", 1e-5), over: { groups }, input, output: outputOf(node) };
  return regrouped(view, match) ?? { ...match, weight, bias };
};

/** A BatchNormalization that is fed the statistics of its own input is a norm; one that is fed constants is none. */
export const batchNormOfSample: NormSpelling = (view, node) => {
  if (node.opType !== "BatchNormalization") return undefined;
  const [input = "", weight = "", bias = "", mean = "", variance = ""] = node.input ?? [];
  const spread = spreadOf(view, variance);
  const centre = meanOf(view, mean);
  if (!spread?.centred || !centre || !isSame(view, spread.of, input) || !isSame(view, centre.of, input)) return undefined;
  const groups = view.constants.size(weight);
  if (groups === undefined) return undefined;
  return { kind: "groupnorm", eps: floatAttribute(node, "epsilon", 1e-5), over: { groups }, input, output: outputOf(node), weight, bias };
};

/**
 * A norm between two Reshapes that put groups of channels together and take them apart, as one of the value before them; undefined where
 * it is something else.
 */
export function regrouped(view: GraphView, match: NormMatch): NormMatch | undefined {
  const before = view.producer(originOf(view, match.input));
  const after = reshapeBehind(view, match.output);
  const shape = before?.opType === "Reshape" ? view.constants.integers(before.input?.[1] ?? "") : undefined;
  const groups = shape?.[1];
  if (!after || !shape || groups === undefined || groups < 1 || shape.length < 3 || !isBehindGroups(match, shape.length)) return undefined;
  const input: Value = before!.input![0]!;
  return { kind: "groupnorm", eps: match.eps, over: { groups }, input, ...affineBehind(view, outputOf(after)) };
}

/** Whether a norm is over all axes but sample and group. */
function isBehindGroups({ over, weight, kind }: NormMatch, rank: number): boolean {
  return kind !== "rmsnorm" && weight === undefined && axesOf(over, rank).join() === Array.from({ length: rank - 2 }, (_, index) => index + 2).join() || "groups" in over;
}
