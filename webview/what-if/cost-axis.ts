import type { DrawingConfig } from "../chart-canvas";
import { axisLook, axisTitle, logarithmicTicks } from "../axes";
import type { Theme } from "../theme";
import type { WhatIfViewState } from "./view-state";

type ValueAxis = NonNullable<NonNullable<NonNullable<DrawingConfig["options"]>["scales"]>["y"]>;

/** An axis of costs, and where a cost stands on it. */
export interface CostAxis {
  readonly axis: ValueAxis;
  /** What a logarithmic axis can't show stands at its foot, what is infinite at its top. */
  readonly place: (cost: number | null) => number;
}

/** Decades that a logarithmic axis shows at most: what is smaller is noise. */
const mostDecades = 5;
const clearance = 1.35;

/**
 * The axis for these costs.
 * @param unit of the costs, for the title
 */
export function costAxis(costs: readonly (number | null)[], scale: WhatIfViewState["scale"], unit: string, theme: Theme): CostAxis {
  const finite = costs.filter((cost) => cost !== null);
  const max = clearance * Math.max(0, ...finite);
  const look = axisLook(theme);
  const title = axisTitle(unit, theme);
  const tick = (value: number | string) => String(Number(Number(value).toPrecision(3)));
  if (scale === "linear" || max === 0) {
    return { axis: { ...look, type: "linear", title, ...(max > 0 && { max }), ticks: { ...look.ticks, maxTicksLimit: 6, callback: tick } }, place: (cost) => cost ?? max };
  }
  const min = Math.max(Math.min(...finite.filter((cost) => cost > 0)) / clearance, max / 10 ** mostDecades);
  return {
    axis: {
      ...look,
      type: "logarithmic",
      min,
      max,
      title,
      ticks: { ...look.ticks, callback: tick },
      afterBuildTicks: (axis) => { axis.ticks = logarithmicTicks(min, max).map((value) => ({ value })); },
    },
    place: (cost) => (cost === null ? max : Math.max(min, cost)),
  };
}
