import type { ReplacementCurve } from "./replacement";

/** Norms that are linear but for the statistics of their rows. */
export type StatisticalKind = "layernorm" | "rmsnorm" | "groupnorm";

/** Layers that stand where a norm would: DyT has tanh, Derf erf, the last z / sqrt(1 + z²). */
export type ElementWiseKind = "dyt" | "derf" | "isru";

/** What a norm layer computes, or the layer in its place. Part of the result format. */
export type NormKind = StatisticalKind | ElementWiseKind;

/** The kind of layer that a curve makes. */
export const elementWiseKinds: Readonly<Record<ReplacementCurve, ElementWiseKind>> = { tanh: "dyt", erf: "derf", isru: "isru" };

/** Whether a layer stands where a norm would. */
export function isElementWise(kind: NormKind): kind is ElementWiseKind {
  return Object.values<NormKind>(elementWiseKinds).includes(kind);
}

/** Where in the network a norm layer stands. Part of the result format. */
export type NormRole =
  | "attention"
  | "ffn"
  | "final"
  | "embedding"
  | "query"
  | "key"
  | "post-attention"
  | "post-ffn"
  | "other";

/** Every role, in the order in which tables and legends list them. */
export const normRoles: readonly NormRole[] = [
  "embedding",
  "attention",
  "query",
  "key",
  "post-attention",
  "ffn",
  "post-ffn",
  "final",
  "other",
];

/** An element-wise layer in a norm's place: gain * f(alpha * x + shift) + offset, with the norm's own gain and offset. */
export interface TrainedCurve {
  readonly curve: ReplacementCurve;
  /** One number, or one for each channel. */
  readonly alpha: Float32Array;
  /** One number, or one for each channel; absent where the layer has none (then 0). */
  readonly shift?: Float32Array;
  /** The norm that could stand there, which the layer is compared with. */
  readonly against: StatisticalKind;
}

/** The norm whose x-hat a layer is compared with: itself, unless it is element-wise. */
export function comparedKind({ kind, trained }: Pick<Norm, "kind" | "trained">): StatisticalKind {
  return kind === "layernorm" || kind === "rmsnorm" || kind === "groupnorm" ? kind : (trained?.against ?? "layernorm");
}

/** One norm layer, as everything after the forward pass needs it. */
export interface Norm {
  /** Module path as the checkpoint spells it, without the parameter's own name: `transformer.h.0.ln_1`. */
  readonly name: string;
  readonly kind: NormKind;
  readonly role: NormRole;
  /** Index of the block the layer stands in; an embedding norm has 0, a final norm the number of blocks. */
  readonly depth: number;
  /** Added to the variance (layernorm) or to the mean square (rmsnorm); of an element-wise layer, that of the norm that could stand there. */
  readonly eps: number;
  /** Axes that are normalised over, counted from the end of the input's shape: [-1] for a transformer's norm. */
  readonly axes: readonly number[];
  /** Length C of a normalised row. */
  readonly channels: number;
  /** Gain, [C] or one value for all channels; absent where the layer has none (then 1). */
  readonly weight?: Float32Array;
  /** Offset [C]; absent where the layer has none (then 0). */
  readonly bias?: Float32Array;
  /** Where the layer is element-wise already. */
  readonly trained?: TrainedCurve;
}
