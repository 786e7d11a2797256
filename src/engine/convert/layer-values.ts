import type { ReplacementCurve } from "../../shared/replacement";

/** What takes the place of one norm over C channels: gain * curve(alpha * x + shift) + offset. */
export interface LayerValues {
  readonly curve: ReplacementCurve;
  readonly alpha: number;
  /** 0 for DyT. */
  readonly shift: number;
  /** [C]; the complete gain, also in families that store it less 1. */
  readonly gain: Float32Array;
  /** [C] */
  readonly offset: Float32Array;
}
