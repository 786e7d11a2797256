import type { PanelState, PanelUpdate, ShownResult } from "../src/shared/panel";

/** What the page was told. */
export interface Model {
  readonly state?: PanelState;
  /** Undefined until the host has said what there is. */
  readonly main?: { readonly shown?: ShownResult };
  readonly other?: ShownResult | undefined;
}

/** The model after an update that brings a state or a result. */
export function updated(model: Model, update: PanelUpdate & { type: "state" | "result" }): Model {
  if (update.type === "state") return { ...model, state: update.state };
  const { shown } = update;
  if (update.slot === "main") return { ...model, main: shown === undefined ? {} : { shown } };
  return { ...model, other: shown };
}
