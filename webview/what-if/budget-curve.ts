import { t } from "@vscode/l10n";
import type { BudgetCurve, CostMeasure } from "../../src/shared/replacement";
import { costUnits } from "../../src/shared/replacement-words";
import { axisLook, axisTitle, stillChart, tooltipLook } from "../axes";
import type { DrawingConfig } from "../chart-canvas";
import type { Theme } from "../theme";
import { costAxis } from "./cost-axis";
import { costTextIn } from "./cost-words";
import type { WhatIfViewState } from "./view-state";

/** Share of the whole cost at which the slider begins where no limit was asked for. */
const modest = 0.1;

/** Index of the measured point that the slider stands on: that of the count that was chosen, or one whose cost is modest. */
export function chosenPoint({ points, count }: BudgetCurve, chosen: number | undefined): number {
  const wanted = chosen ?? count;
  const most = modest * Math.abs(points.at(-1)?.cost ?? Infinity);
  const fits = (point: BudgetCurve["points"][number]) => (wanted === undefined ? point.cost !== null && point.cost <= most : point.count <= wanted);
  return Math.max(0, points.findLastIndex(fits));
}

/** Cost against number of layers replaced, with the chosen point filled. */
export function budgetDrawing({ order, points }: BudgetCurve, at: number, scale: WhatIfViewState["scale"], measure: CostMeasure, theme: Theme): DrawingConfig {
  const { axis, place } = costAxis(points.map(({ cost }) => cost), scale, costUnits[measure], theme);
  const look = axisLook(theme);
  return {
    type: "scatter",
    data: {
      datasets: [{
        type: "scatter",
        label: t("cost"),
        data: points.map(({ count, cost }) => ({ x: count, y: place(cost) })),
        // Points at the ends stand half outside.
        clip: false,
        showLine: true,
        borderColor: theme.tanh,
        borderWidth: 1.75,
        pointRadius: points.map((_, index) => (index === at ? 6 : 2.5)),
        pointBorderColor: theme.tanh,
        pointBackgroundColor: points.map((_, index) => (index <= at ? theme.tanh : theme.page)),
      }],
    },
    options: {
      ...stillChart,
      plugins: {
        tooltip: {
          ...tooltipLook(theme),
          displayColors: false,
          callbacks: {
            title: ([first]) => t("{0} replaced", points[first?.dataIndex ?? 0]?.count ?? 0),
            label: ({ dataIndex }) => costTextIn(points[dataIndex]?.cost ?? null, measure),
          },
        },
      },
      scales: { x: { ...look, type: "linear", min: 0, max: order.length, title: axisTitle(t("layers replaced"), theme), ticks: { ...look.ticks, precision: 0 } }, y: axis },
    },
  };
}
