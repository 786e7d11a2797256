import { t } from "@vscode/l10n";
import { formatNumber, formatShare, printable } from "../../src/shared/format";
import type { CostMeasure, LayerCost } from "../../src/shared/replacement";
import { costUnits } from "../../src/shared/replacement-words";
import type { LayerResult } from "../../src/shared/result";
import { stillChart, tooltipLook } from "../axes";
import type { DrawingConfig } from "../chart-canvas";
import { shortened } from "../names";
import { depthAxis } from "../overview/by-depth";
import { faded, type Theme } from "../theme";
import { costAxis } from "./cost-axis";
import { costText } from "./cost-words";
import type { WhatIfViewState } from "./view-state";

/** A layer with its cost. */
export interface CostedLayer {
  readonly layer: LayerResult;
  readonly cost: LayerCost;
}

/** The layers whose cost is known, in the order in which they are drawn. */
export function costedLayers(layers: readonly LayerResult[], costs: readonly LayerCost[], order: WhatIfViewState["order"]): readonly CostedLayer[] {
  const byName = new Map(costs.map((cost) => [cost.name, cost]));
  const costed = layers.flatMap((layer) => {
    const cost = byName.get(layer.name);
    return cost === undefined ? [] : [{ layer, cost }];
  });
  const size = ({ cost: { cost } }: CostedLayer) => cost ?? Infinity;
  return order === "model" ? costed : costed.toSorted((a, b) => (size(a) === size(b) ? 0 : size(b) - size(a)));
}

/** Opacity of the bars of alpha 0.5, which stand behind. */
export const behind = 0.32;

/** A bar a layer, as high as replacing it alone costs; lighter and wider behind it, what alpha 0.5 costs. */
export function sensitivityBars(rows: readonly CostedLayer[], { order, scale }: WhatIfViewState, measure: CostMeasure, theme: Theme): DrawingConfig {
  const { axis, place } = costAxis(rows.flatMap(({ cost }) => [cost.cost, cost.defaultCost]), scale, costUnits[measure], theme);
  const bars = (label: string, value: (cost: LayerCost) => number | null, opacity: number, width: number, depth: number) => ({
    type: "bar" as const,
    label,
    data: rows.map(({ cost }, x) => ({ x, y: place(value(cost)) })),
    backgroundColor: rows.map(({ layer }) => faded(theme.roles[layer.role], opacity)),
    grouped: false,
    categoryPercentage: 0.9,
    barPercentage: width,
    order: depth,
  });
  const byDepth = depthAxis(rows.map(({ layer }) => layer), theme);
  return {
    type: "bar",
    data: { datasets: [bars(t("fitted"), ({ cost }) => cost, 1, 0.5, 1), bars(t("alpha 0.5"), ({ defaultCost }) => defaultCost, behind, 1, 2)] },
    options: {
      ...stillChart,
      interaction: { ...stillChart.interaction, mode: "index" },
      plugins: {
        tooltip: {
          ...tooltipLook(theme),
          displayColors: false,
          filter: ({ datasetIndex }) => datasetIndex === 0,
          callbacks: {
            title: ([first]) => shortened(printable(rows[first?.dataIndex ?? -1]?.cost.name ?? "")),
            label: ({ dataIndex }) => (rows[dataIndex] === undefined ? [] : tipLines(rows[dataIndex].cost, measure)),
          },
        },
      },
      scales: { x: order === "model" ? byDepth : { ...byDepth, ticks: { display: false }, title: { display: false } }, y: axis },
    },
  };
}

function tipLines({ cost, standardError, defaultCost, alpha, scores: { kl, top1 } }: LayerCost, measure: CostMeasure): string[] {
  return [
    t("replaced: {0} ± {1} {2}", costText(cost), formatNumber(standardError, 2), costUnits[measure]),
    t("with alpha 0.5: {0}", costText(defaultCost)),
    t("alpha {0}", formatNumber(alpha)),
    ...(kl === undefined ? [] : [t("KL {0}", formatNumber(kl))]),
    ...(top1 === undefined ? [] : [t("top-1 agrees: {0}", formatShare(top1))]),
  ];
}
