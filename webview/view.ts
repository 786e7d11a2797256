import { normRoles, type NormRole } from "../src/shared/norm";
import { defaultLayerView, layerViewOf, type LayerViewState } from "./layer/view-state";
import { columnNames, type ColumnName } from "./table/columns";

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
}

/** What the table is sorted by. */
export interface Order {
  readonly column: ColumnName;
  readonly descending: boolean;
}

export const defaultView: View = { hidden: [], order: { column: "layer", descending: false }, filter: "", layerView: defaultLayerView };

/** A view as an earlier page kept it, which may have been of another version: what is not understood is the default. */
export function viewOf(kept: unknown): View {
  if (typeof kept !== "object" || kept === null) return defaultView;
  const { layer, hidden, order, filter, layerView } = kept as Record<string, unknown>;
  return {
    ...(typeof layer === "string" && { layer }),
    hidden: Array.isArray(hidden) ? normRoles.filter((role) => hidden.includes(role)) : [],
    order: orderOf(order),
    filter: typeof filter === "string" ? filter : "",
    layerView: layerViewOf(layerView),
  };
}

function orderOf(kept: unknown): Order {
  if (typeof kept !== "object" || kept === null) return defaultView.order;
  const { column, descending } = kept as Record<string, unknown>;
  const known = columnNames.find((name) => name === column);
  return known === undefined ? defaultView.order : { column: known, descending: descending === true };
}
