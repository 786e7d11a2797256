import { t } from "@vscode/l10n";
import { useCallback, useMemo, useRef } from "preact/hooks";
import { formatNumber, printable } from "../../src/shared/format";
import type { Replacement } from "../../src/shared/replacement";
import type { LayerResult } from "../../src/shared/result";
import { ChartCanvas, type Drawing, type Painter } from "../chart-canvas";
import { Choice } from "../choice";
import type { Host } from "../host";
import { Legend, type LegendKey } from "../legend";
import { Name, shortened } from "../names";
import { paintSelection } from "../overview/selection";
import { rolesOf } from "../overview/series";
import { PictureButtons } from "../pictures/picture-buttons";
import { RoleMark } from "../role-mark";
import { faded, useTheme } from "../theme";
import { costColumns } from "./cost-columns";
import { CostTable } from "./cost-table";
import { costText, methodText } from "./cost-words";
import { meanings } from "./meanings";
import { behind, costedLayers, sensitivityBars, type CostedLayer } from "./sensitivity-chart";
import type { WhatIfViewState } from "./view-state";

interface SensitivityProps {
  readonly replacement: Replacement;
  readonly layers: readonly LayerResult[];
  readonly view: WhatIfViewState;
  readonly onView: (view: WhatIfViewState) => void;
  /** Name of the selected layer. */
  readonly selected: string;
  readonly select: (name: string) => void;
  /** Selects a layer and shows its page. */
  readonly goTo: (name: string) => void;
  readonly host: Host;
}

/** What replacing one layer alone costs: a bar and a line of a table for each. */
export function Sensitivity({ replacement, layers, view, onView, selected, select, goTo, host }: SensitivityProps) {
  const { measure, layers: costs, chosen, tuneSteps } = replacement;
  const theme = useTheme();
  const drawing = useRef<Drawing | null>(null);
  const rows = useMemo(() => costedLayers(layers, costs, view.order), [layers, costs, view.order]);
  const config = useMemo(() => sensitivityBars(rows, view, measure, theme), [rows, view.order, view.scale, measure, theme]);
  const index = Math.max(0, rows.findIndex(({ cost }) => cost.name === selected));
  const mark = useCallback<Painter>((drawn) => { paintSelection(drawn, index, theme); }, [index, theme]);
  const nameAt = (at: number) => rows[at]?.cost.name;
  const open = ({ offsetX, offsetY }: MouseEvent) => {
    const area = drawing.current?.chartArea;
    const at = drawing.current?.scales["x"]?.getValueForPixel(offsetX);
    const name = at === undefined ? undefined : nameAt(Math.round(at));
    if (area !== undefined && name !== undefined && offsetX >= area.left && offsetX <= area.right && offsetY <= area.bottom) goTo(name);
  };
  const keys: readonly LegendKey[] = [
    ...rolesOf(rows.map(({ layer }) => layer)).map((role): LegendKey => ({ mark: { role }, text: role })),
    { mark: "filled", color: theme.text, text: t("fitted to this layer") },
    { mark: "filled", color: faded(theme.text, behind), text: t("alpha 0.5, lighter behind it") },
  ];
  const title = t("One layer replaced");
  return (
    <section class="sensitivity">
      <header>
        <h2>{title}</h2>
        <Choice
          label={t("Order of the bars")}
          chosen={view.order}
          choose={(order) => { onView({ ...view, order }); }}
          options={[
            { value: "model", text: t("by depth"), title: t("In the order of the forward pass") },
            { value: "cost", text: t("by cost"), title: t("The dearest layer first") },
          ]}
        />
        <Choice
          label={t("Scale of costs")}
          chosen={view.scale}
          choose={(scale) => { onView({ ...view, scale }); }}
          options={[
            { value: "log", text: t("log"), title: t("Costs span decades; those of 0 and less stand at the foot") },
            { value: "linear", text: t("linear"), title: t("Costs as they are") },
          ]}
        />
      </header>
      <p class="why">{t("All other layers stay as they are. The dearest layers are those to keep as norms, or to look at first.")}</p>
      <figure>
        <figcaption>
          <Legend keys={keys} />
          <PictureButtons name="replacement-cost" host={host} picture={() => (drawing.current === null ? undefined : { drawing: drawing.current, config, theme, title, keys })} />
        </figcaption>
        <div class="plot clickable" onClick={open}>
          <ChartCanvas
            config={config}
            drawing={drawing}
            behind={mark}
            label={t("Cost of replacing each layer alone; the arrow keys select a layer, Enter shows it, the table below has the numbers")}
            chooser={{
              index,
              count: rows.length,
              text: rows[index] === undefined ? "" : `${shortened(printable(rows[index].cost.name), 120)}: ${costText(rows[index].cost.cost)}`,
              choose: (at) => { select(nameAt(at) ?? selected); },
              open: () => { goTo(nameAt(index) ?? selected); },
            }}
          />
        </div>
      </figure>
      <CostTable
        label={t("Cost of each layer")}
        heading={t("layer")}
        rows={rows}
        keyOf={({ cost }) => cost.name}
        columns={[
          { heading: chosen === "tuned" ? t("alpha, tuned") : t("alpha"), meaning: meanings.alpha(methodText(chosen, tuneSteps)), text: ({ cost }: CostedLayer) => formatNumber(cost.alpha) },
          ...costColumns(measure).map(({ text, ...column }) => ({ ...column, text: ({ cost }: CostedLayer) => text(cost) })),
          { heading: t("with 0.5"), meaning: meanings.atDefault(), text: ({ cost }: CostedLayer) => costText(cost.defaultCost) },
        ]}
        name={({ layer }) => <button type="button" class="link" onClick={() => { goTo(layer.name); }}><RoleMark role={layer.role} /><Name text={layer.name} /></button>}
        isChosen={({ cost }) => cost.name === selected}
      />
    </section>
  );
}
