import { t } from "@vscode/l10n";
import type { ChartDataset } from "chart.js";
import { normRoles, type NormRole } from "../../src/shared/norm";
import type { LayerResult } from "../../src/shared/result";
import { dashes } from "../legend";
import type { Place } from "../place";
import { roleShapes } from "../role-mark";
import { faded, type Theme } from "../theme";
import type { Quantity } from "./quantities";

export type Series = ChartDataset<"scatter", Place[]>;

/** What is drawn against depth. */
export interface ByDepth {
  readonly layers: readonly LayerResult[];
  /** Layers that are compared with those of the same index; empty where nothing is compared. */
  readonly others: readonly (LayerResult | undefined)[];
  readonly hidden: readonly NormRole[];
  readonly theme: Theme;
}

/** The roles of the layers, in the order of legends. */
export function rolesOf(layers: readonly LayerResult[]): NormRole[] {
  return normRoles.filter((role) => layers.some((layer) => layer.role === role));
}

/** Every quantity of every shown role, and what it is compared with. */
export function seriesOf(data: ByDepth, quantities: readonly Quantity[]): Series[] {
  const roles = rolesOf(data.layers).filter((role) => !data.hidden.includes(role));
  const compared = quantities.filter(({ marked }) => marked && data.others.length > 0);
  return [
    ...roles.flatMap((role) => quantities.map((quantity) => roleSeries(data, role, quantity))),
    ...roles.flatMap((role) => compared.map((quantity) => comparedSeries(data, role, quantity))),
  ];
}

function roleSeries({ layers, theme }: ByDepth, role: NormRole, { name, stroke, marked, hollowWhereBounded = false, value }: Quantity): Series {
  const own = layers.map((layer, x) => ({ layer, x, y: value(layer) })).filter(({ layer, y }) => layer.role === role && Number.isFinite(y));
  const color = theme.roles[role];
  const isHollow = ({ layer }: { readonly layer: LayerResult }) => hollowWhereBounded && layer.fit.status !== "ok";
  // A line through a single point is not to be seen: a bar stands for it.
  const alone = own.length === 1;
  return {
    label: name,
    data: own.map(({ x, y }) => ({ x, y })),
    showLine: true,
    borderColor: marked ? color : faded(color, 0.8),
    borderDash: [...dashes[stroke]],
    borderWidth: marked ? 1.75 : 1.5,
    pointStyle: marked ? roleShapes[role] : "line",
    pointRadius: marked ? radiusOf(own) : alone ? 5 : 0,
    pointHoverRadius: marked ? 6 : 5,
    pointBorderColor: color,
    // An array only where it is needed: point by point, options are slow.
    pointBackgroundColor: own.some(isHollow) ? own.map((each) => (isHollow(each) ? theme.page : color)) : color,
  };
}

/** The same quantity in the result that is compared with: hollow, in one colour. */
function comparedSeries({ layers, others, theme }: ByDepth, role: NormRole, { name, value }: Quantity): Series {
  const own = others.flatMap((layer, x) => (layer !== undefined && layers[x]?.role === role && Number.isFinite(value(layer)) ? [{ x, y: value(layer) }] : []));
  return {
    label: t("{0}, compared", name),
    data: own,
    showLine: true,
    borderColor: theme.other,
    borderDash: [...dashes.dashed],
    borderWidth: 1.25,
    pointStyle: roleShapes[role],
    pointRadius: radiusOf(own),
    pointHoverRadius: 6,
    pointBorderColor: theme.other,
    pointBackgroundColor: theme.page,
  };
}

/** Radius of a point: smaller where there are many. */
function radiusOf(points: readonly unknown[]): number {
  return Math.min(3.5, Math.max(1.5, 70 / points.length));
}
