import type { TensorReference } from "../checkpoint/checkpoint";
import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";

/** How the experts of a row are chosen, and how much each counts. */
export interface Routing {
  /** What makes affinities of scores. */
  readonly affinity: "softmax" | "sigmoid";
  /** Added to the affinities where experts are chosen, but not where they count: [experts]. */
  readonly correction?: TensorReference | undefined;
  /** Experts that a row is given to. */
  readonly chosen: number;
  /** Where experts are chosen from the best groups alone. */
  readonly groups?: ExpertGroups | undefined;
  /** Whether the shares of the chosen ones are made to sum to 1. */
  readonly normalised: boolean;
  /** Factor on the shares. */
  readonly scale?: number | undefined;
}

/** Experts in groups of equal size, one after another. */
export interface ExpertGroups {
  readonly count: number;
  /** Groups that are chosen. */
  readonly chosen: number;
  /** A group is as good as so many of its best experts together. */
  readonly judgedBy: number;
}

/** Below any preference. */
const never = -1e30;

/** Share of each expert in each row: scores [rows, experts] to the same shape, 0 for all but the chosen. Every expert sees every row, which is exact and keeps shapes fixed. */
export function expertShares(g: GraphBuilder, scores: Value, { affinity, correction, chosen, groups, normalised, scale }: Routing): Value {
  const affinities = affinity === "softmax" ? g.op("Softmax", [scores], { axis: { int: -1 } }) : g.op("Sigmoid", [scores]);
  const preferences = correction ? g.add(affinities, g.weight(correction)) : affinities;
  const admitted = groups ? amongBestGroups(g, preferences, groups) : preferences;
  const visible = g.op("GreaterOrEqual", [admitted, kthLargest(g, admitted, chosen)]);
  const shares = g.op("Where", [visible, affinities, g.float(0)]);
  const weighted = normalised ? g.op("Div", [shares, g.op("ReduceSum", [shares, g.ints([-1])])]) : shares;
  return scale === undefined ? weighted : g.multiply(weighted, g.float(scale));
}

/** Preferences [rows, experts], but none for experts outside of the best groups. */
function amongBestGroups(g: GraphBuilder, preferences: Value, { count, chosen, judgedBy }: ExpertGroups): Value {
  const grouped = g.op("Reshape", [preferences, g.ints([0, count, -1])]);
  const best = Array.from({ length: judgedBy }, (_, rank) => kthLargest(g, grouped, rank + 1)).reduce((sum, one) => g.add(sum, one));
  const byGroup = g.op("Squeeze", [best, g.ints([2])]);
  const isBest = g.op("Unsqueeze", [g.op("GreaterOrEqual", [byGroup, kthLargest(g, byGroup, chosen)]), g.ints([2])]);
  return g.op("Reshape", [g.op("Where", [isBest, grouped, g.float(never)]), g.op("Shape", [preferences])]);
}

/** The k-th largest entry along the last axis, which keeps its place: the largest is taken away k - 1 times. */
function kthLargest(g: GraphBuilder, values: Value, k: number): Value {
  const largest = g.op("ReduceMax", [values, g.ints([-1])]);
  if (k === 1) return largest;
  return kthLargest(g, g.op("Where", [g.op("GreaterOrEqual", [values, largest]), g.float(never), values]), k - 1);
}
