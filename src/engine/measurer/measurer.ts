import type { MeasuredLayer, MeasurementOptions, RowBlock } from "../../analysis/measurement";
import type { Norm } from "../../shared/norm";

/** Measures and fits norm layers; the layers may be worked on side by side. */
export interface Measurer {
  /** Begins a layer. */
  start(norm: Norm, options: MeasurementOptions): void;
  /** Takes in rows of a layer, after those that were added before; resolves when they are counted. The data stay the caller's. */
  add(name: string, block: RowBlock): Promise<void>;
  /** Fits a layer and forgets it. */
  finish(name: string): Promise<MeasuredLayer>;
  /** Lets go of threads. */
  close(): Promise<void>;
}
