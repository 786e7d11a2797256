export const costOrders = ["model", "cost"] as const;
export const costScales = ["log", "linear"] as const;

/** How costs are drawn. */
export interface WhatIfViewState {
  /** Bars as the forward pass meets the layers, or the dearest first. */
  readonly order: (typeof costOrders)[number];
  readonly scale: (typeof costScales)[number];
  /** How many layers the budget's slider replaces; a number that suits the curve where absent. */
  readonly count?: number;
  /** Steps in which the next measurement tunes all layers together; as the result was measured where absent. */
  readonly tune?: number;
}

export const defaultWhatIfView: WhatIfViewState = { order: "model", scale: "log" };

/** A state as an earlier page kept it; what is not understood is the default. */
export function whatIfViewOf(kept: unknown): WhatIfViewState {
  if (typeof kept !== "object" || kept === null) return defaultWhatIfView;
  const { order, scale, count, tune } = kept as Record<string, unknown>;
  return {
    order: costOrders.find((each) => each === order) ?? defaultWhatIfView.order,
    scale: costScales.find((each) => each === scale) ?? defaultWhatIfView.scale,
    ...(typeof count === "number" && Number.isInteger(count) && { count }),
    ...(typeof tune === "number" && Number.isSafeInteger(tune) && tune >= 0 && { tune }),
  };
}
