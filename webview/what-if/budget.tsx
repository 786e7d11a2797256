import { t } from "@vscode/l10n";
import { useMemo, useRef } from "preact/hooks";
import { printable } from "../../src/shared/format";
import type { Replacement } from "../../src/shared/replacement";
import { Button, CopyButton } from "../button";
import { ChartCanvas, type Drawing } from "../chart-canvas";
import type { Host } from "../host";
import { PictureButtons } from "../pictures/picture-buttons";
import { shortened } from "../names";
import { useTheme } from "../theme";
import { budgetDrawing, chosenPoint } from "./budget-curve";
import { ConvertButton } from "./convert-button";
import { costTextIn } from "./cost-words";
import type { Measure, Measuring } from "./measuring";
import type { WhatIfViewState } from "./view-state";

interface BudgetProps {
  readonly replacement: Replacement;
  readonly measuring: Measuring | undefined;
  readonly measure: Measure;
  readonly view: WhatIfViewState;
  readonly onView: (view: WhatIfViewState) => void;
  readonly host: Host;
}

/** How many layers can be replaced for how much: a slider over the measured curve. */
export function Budget({ replacement, measuring, measure, view, onView, host }: BudgetProps) {
  const { budget, measure: unit } = replacement;
  const { order, points } = budget;
  const theme = useTheme();
  const drawing = useRef<Drawing | null>(null);
  const at = chosenPoint(budget, view.count);
  const config = useMemo(() => budgetDrawing(budget, at, view.scale, unit, theme), [budget, at, view.scale, unit, theme]);
  const point = points[at];
  if (order.length < 2 || point === undefined) return null;
  const replaced = order.slice(0, point.count);
  const stay = order.slice(point.count);
  const words = t("{0} of {1} layers for {2}", point.count, order.length, costTextIn(point.cost, unit));
  const title = t("Budget");
  return (
    <section class="budget">
      <header>
        <h2>{title}</h2>
        <PictureButtons name="replacement-budget" host={host} picture={() => (drawing.current === null ? undefined : { drawing: drawing.current, config, theme, title, keys: [] })} />
      </header>
      <p class="why">{t("Layers are replaced the cheapest first, each as fitted by itself; every point is measured.")}</p>
      <div class="columns">
        <div class="plot"><ChartCanvas config={config} drawing={drawing} label={t("Cost against number of layers replaced")} /></div>
        <div class="chosen-set">
          <label>
            <span>{t("Layers to replace")}</span>
            <input
              type="range"
              min={0}
              max={points.length - 1}
              step={1}
              value={at}
              aria-valuetext={words}
              onInput={({ currentTarget }) => { onView({ ...view, count: points[Number(currentTarget.value)]?.count ?? 0 }); }}
            />
          </label>
          <output><strong>{words}</strong></output>
          <p>{stay.length === 0 ? t("No norm stays.") : t("These stay norms: {0}", listed(stay))}</p>
          <details>
            <summary>{t("Replaced")}</summary>
            <p>{replaced.length === 0 ? t("none") : listed(replaced)}</p>
          </details>
          <div class="actions">
            {measuring !== undefined && (
              <Button icon="beaker" disabled={replaced.length === 0 || measuring.busy} title={t("Fits these layers in order and measures them on all held-out input")} onClick={() => { measure({ layers: replaced }); }}>
                {t("Measure This Set")}
              </Button>
            )}
            {measuring !== undefined && <ConvertButton text={t("Convert This Set...")} title={t("Writes the checkpoint anew, in a folder of its own, with these layers replaced")} layers={replaced} measuring={measuring} host={host} />}
            <CopyButton text={t("Copy layers")} label={t("Copy the names of the layers to replace, for normlens convert --layers")} copy={() => { host.post({ type: "copy", text: replaced.join(" ") }); }} />
          </div>
        </div>
      </div>
    </section>
  );
}

function listed(names: readonly string[]): string {
  return names.map((name) => shortened(printable(name))).join(", ");
}
