import { normRoles, type NormRole } from "../src/shared/norm";
import { defaultLayerView, layerViewOf, type LayerViewState } from "./layer/view-state";
import { columnNames, type ColumnName } from "./table/columns";
import { defaultWhatIfView, whatIfViewOf, type WhatIfViewState } from "./what-if/view-state";

/** What the user chose to see; it outlives the page. */
export interface View {
  /** Name of the selected layer; the first where undefined. */
  readonly layer?: string;
  /** Roles that the drawings leave out. */
  readonly hidden: readonly NormRole[];
  readonly order: Order;
  /** Words that the table's layers contain. */
  readonly filter: string;
  readonly layerView: LayerViewState;
  /** The layers, or what replacing them costs. */
  readonly tab: (typeof tabNames)[number];
  readonly whatIf: WhatIfViewState;
  /** Alphas that the user tried, by layer. */
  readonly tried: Readonly<Record<string, number>>;
}

const tabNames = ["layers", "what-if"] as const;

/** What the table is sorted by. */
export interface Order {
  readonly column: ColumnName;
  readonly descending: boolean;
}

export const defaultView: View = { hidden: [], order: { column: "layer", descending: false }, filter: "", layerView: defaultLayerView, tab: "layers", whatIf: defaultWhatIfView, tried: {} };

/** A view as an earlier page kept it, which may have been of another version: what is not understood is the default. */
export function viewOf(kept: unknown): View {
  if (typeof kept !== "object" || kept === null) return defaultView;
  const { layer, hidden, order, filter, layerView, tab, whatIf, tried } = kept as Record<string, unknown>;
  return {
    ...(typeof layer === "string" && { layer }),
    hidden: Array.isArray(hidden) ? normRoles.filter((role) => hidden.includes(role)) : [],
    order: orderOf(order),
    filter: typeof filter === "string" ? filter : "",
    layerView: layerViewOf(layerView),
    tab: tabNames.find((each) => each === tab) ?? defaultView.tab,
    whatIf: whatIfViewOf(whatIf),
    tried: triedOf(tried),
  };
}

function orderOf(kept: unknown): Order {
  if (typeof kept !== "object" || kept === null) return defaultView.order;
  const { column, descending } = kept as Record<string, unknown>;
  const known = columnNames.find((name) => name === column);
  return known === undefined ? defaultView.order : { column: known, descending: descending === true };
}

function triedOf(kept: unknown): View["tried"] {
  if (typeof kept !== "object" || kept === null) return {};
  return Object.fromEntries(Object.entries(kept).filter((entry): entry is [string, number] => typeof entry[1] === "number" && Number.isFinite(entry[1]) && entry[1] > 0));
}

/** Of the alphas that were tried, those of these layers: another result may have been shown before. */
export function triedOn(layers: readonly { readonly name: string }[], tried: View["tried"]): View["tried"] {
  const names = new Set(layers.map(({ name }) => name));
  return Object.fromEntries(Object.entries(tried).filter(([name]) => names.has(name)));
}

/** The alphas that were tried, with another for a layer, or none. */
export function withAlpha(tried: View["tried"], layer: string, alpha: number | undefined): View["tried"] {
  const others = Object.entries(tried).filter(([name]) => name !== layer);
  return Object.fromEntries(alpha === undefined ? others : [...others, [layer, alpha]]);
}
