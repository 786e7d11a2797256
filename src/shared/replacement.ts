import type { NormRole } from "./norm";

/*
 * What it costs to put element-wise layers in place of norms, measured on held-out input: a part of the result (`Result.replacement`).
 */

/** Curves that can take a norm's place: DyT has tanh, Derf erf; isru, z / sqrt(1 + z²), is what a norm is of one channel while the others stay. */
export const replacementCurves = ["tanh", "erf", "isru"] as const;
export type ReplacementCurve = (typeof replacementCurves)[number];

/** Ways to come by the values of a layer's replacement. */
export const replacementMethods = [
  /** In order, then the values of all layers tuned together by gradients, to the original's predictions. */
  "tuned",
  /** Layer after layer: fitted on what the converted layers before it hand over, to what the norm would make of that. */
  "in-order",
  /** The same, without the rows that are far larger than the others, as the first token of a sequence can be. */
  "in-order-robust",
  /** In order, to what the norm gave in the original network. */
  "in-order-original",
  /** In order, with erf and a shift: Derf. */
  "in-order-erf",
  /** In order, with isru. */
  "in-order-isru",
  /** `perChannel`: every layer fitted on the original network's values. */
  "per-channel",
  /** `fit`: one gain and offset for all channels, folded into the trained affine. */
  "pooled",
  /** alpha = 1 / std, the trained affine kept. */
  "inverse-std",
  /** alpha = 0.5, the trained affine kept. */
  "default",
  /** alpha = 0.5, gain 1, offset 0: what the paper's code makes of a trained model. */
  "official",
  /** Alphas or values of the user's own. */
  "own",
] as const;
export type ReplacementMethod = (typeof replacementMethods)[number];

/** What cost is counted in: cross-entropy in nats a token where the model predicts the next token and the input is not random; KL divergence in nats where it gives other probabilities; else the relative error of what it hands on last. */
export type CostMeasure = "cross-entropy" | "kl" | "error";

/** How a network with replaced norms does beside the original, on held-out input. */
export interface ReplacementScores {
  /** Mean over predicted tokens of -ln(probability of the token that came), in nats; perplexity is its exponential. Models that predict the next token alone. */
  readonly crossEntropy?: number;
  /** Mean over predictions of the KL divergence from the original's probabilities, in nats. */
  readonly kl?: number;
  /** Share of predictions whose most probable outcome is the original's. */
  readonly top1?: number;
  /** Size of the difference over size of the original, of what the last layer before the head hands on (root of the sums of squares). */
  readonly hiddenError: number;
}

/** The cost of one replacement. */
export interface ReplacementCost {
  /** More than the original, in the units of `Replacement.measure`. Infinite values are stored as null. */
  readonly cost: number | null;
  /** Standard error of `cost` over predictions; 0 where there are none. */
  readonly standardError: number;
  readonly scores: ReplacementScores;
}

/** All norms replaced at once, with the values of one method. */
export interface MethodCost extends ReplacementCost {
  readonly method: ReplacementMethod;
}

/** The layers of one role replaced together, with their `per-channel` values. */
export interface RoleCost extends ReplacementCost {
  readonly role: NormRole;
  readonly layers: number;
}

/** One layer replaced alone, with its `per-channel` values, since all others are the original's; and what it is replaced with where all are. */
export interface LayerCost extends ReplacementCost {
  /** As in `Result.layers`. */
  readonly name: string;
  /** Values by the chosen method. */
  readonly curve: ReplacementCurve;
  readonly alpha: number;
  readonly shift: number;
  /** Cost of alpha = 0.5 with the trained affine in this layer alone; null where it is infinite. */
  readonly defaultCost: number | null;
}

/** Replacing more and more layers, the cheapest first, with their `per-channel` values. */
export interface BudgetCurve {
  /** All replaced layers, the cheapest first. */
  readonly order: readonly string[];
  /** Measured points, ascending: the first `count` layers of `order` replaced. The first point has count 0 and cost 0, the last all of them. */
  readonly points: readonly { readonly count: number; readonly cost: number | null }[];
  /** Highest cost that was asked for. */
  readonly limit?: number;
  /** With a limit: the largest number of layers that stays under it. */
  readonly count?: number;
}

/** Why norms stay that were not among those to replace. */
export const notAskedFor = "not asked for";

/** What replacing norms costs this model. */
export interface Replacement {
  readonly measure: CostMeasure;
  readonly heldOut: { readonly source: string; readonly sequences: number; readonly tokens: number; readonly sha256: string };
  /** Held-out tokens that single layers, roles and the budget's points were measured on; at most `heldOut.tokens`. */
  readonly sampleTokens: number;
  /** The network as it is. */
  readonly original: ReplacementScores;
  /** Control: the network through the same steps with nothing replaced; its cost is 0. */
  readonly unchanged: ReplacementCost;
  /** Every replaceable norm replaced, by each method that was tried, in the order of `replacementMethods`. */
  readonly methods: readonly MethodCost[];
  /** The method of lowest cost among those that a network would be converted by; values that are written are its. */
  readonly chosen: ReplacementMethod;
  /** Steps in which the values of `tuned` were tuned; absent where nothing was. */
  readonly tuneSteps?: number;
  readonly roles: readonly RoleCost[];
  /** In the order of `Result.layers`. */
  readonly layers: readonly LayerCost[];
  readonly budget: BudgetCurve;
  /** Norms that stay as they are. */
  readonly kept: readonly { readonly name: string; readonly reason: string }[];
  /** Wall-clock seconds of everything that was measured here. */
  readonly seconds: number;
}
