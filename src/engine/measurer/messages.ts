import type { MeasuredLayer, MeasurementOptions, RowBlock } from "../../analysis/measurement";
import type { Norm } from "../../shared/norm";

/** To a measuring thread. Each call but `start` is answered once, under its id. */
export type MeasurerCall =
  | { readonly type: "start"; readonly norm: Norm; readonly options: MeasurementOptions }
  | { readonly type: "add"; readonly id: number; readonly name: string; readonly block: RowBlock }
  | { readonly type: "finish"; readonly id: number; readonly name: string };

/** From a measuring thread. */
export type MeasurerAnswer =
  | { readonly id: number; readonly ok: true; readonly measured?: MeasuredLayer }
  | { readonly id: number; readonly ok: false; readonly message: string; readonly stack?: string };
