/** What a norm layer computes. Part of the result format. */
export type NormKind = "layernorm" | "rmsnorm" | "groupnorm";

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

/** One norm layer, as everything after the forward pass needs it. */
export interface Norm {
  /** Module path as the checkpoint spells it, without the parameter's own name: `transformer.h.0.ln_1`. */
  readonly name: string;
  readonly kind: NormKind;
  readonly role: NormRole;
  /** Index of the block the layer stands in; an embedding norm has 0, a final norm the number of blocks. */
  readonly depth: number;
  /** Added to the variance (layernorm) or to the mean square (rmsnorm). */
  readonly eps: number;
  /** Axes that are normalised over, counted from the end of the input's shape: [-1] for a transformer's norm. */
  readonly axes: readonly number[];
  /** Length C of a normalised row. */
  readonly channels: number;
  /** Gain, [C] or one value for all channels; absent where the layer has none (then 1). */
  readonly weight?: Float32Array;
  /** Offset [C]; absent where the layer has none (then 0). */
  readonly bias?: Float32Array;
}
