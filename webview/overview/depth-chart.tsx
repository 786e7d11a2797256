import { t } from "@vscode/l10n";
import { useCallback, useRef } from "preact/hooks";
import { printable } from "../../src/shared/format";
import type { NormRole } from "../../src/shared/norm";
import type { LayerResult } from "../../src/shared/result";
import { ChartCanvas, type Drawing, type DrawingConfig, type Painter } from "../chart-canvas";
import type { Host } from "../host";
import { Legend, type LegendKey } from "../legend";
import { shortened } from "../names";
import { PictureButtons } from "../pictures/picture-buttons";
import type { Theme } from "../theme";
import { paintSelection } from "./selection";

interface DepthChartProps {
  readonly title: string;
  /** Of picture files. */
  readonly name: string;
  readonly config: DrawingConfig;
  readonly layers: readonly LayerResult[];
  /** That are shown. */
  readonly roles: readonly NormRole[];
  readonly selected: number;
  readonly select: (index: number) => void;
  readonly theme: Theme;
  readonly host: Host;
  readonly keys: readonly LegendKey[];
}

/** A drawing over all layers; a click on a point, or the arrow keys, select a layer. */
export function DepthChart({ title, name, config, layers, roles, selected, select, theme, host, keys }: DepthChartProps) {
  const drawing = useRef<Drawing | null>(null);
  const behind = useCallback<Painter>((drawn) => { paintSelection(drawn, selected, theme); }, [selected, theme]);
  const choose = ({ offsetX, offsetY }: MouseEvent) => {
    const area = drawing.current?.chartArea;
    const index = drawing.current?.scales["x"]?.getValueForPixel(offsetX);
    if (area === undefined || index === undefined || offsetX < area.left || offsetX > area.right || offsetY > area.bottom) return;
    select(Math.min(layers.length - 1, Math.max(0, Math.round(index))));
  };
  const chooser = { index: selected, count: layers.length, text: shortened(printable(layers[selected]?.name ?? ""), 120), choose: select };
  return (
    <figure>
      <figcaption>
        <h3>{title}</h3>
        <PictureButtons
          name={name}
          host={host}
          picture={() => (drawing.current === null ? undefined : { drawing: drawing.current, config, theme, title: t("{0} by depth", title), keys: [...roles.map((role): LegendKey => ({ mark: { role }, text: role })), ...keys] })}
        />
      </figcaption>
      <Legend keys={keys} />
      <div class="plot" onClick={choose}>
        <ChartCanvas config={config} drawing={drawing} behind={behind} chooser={chooser} label={t("{0}; the arrow keys select a layer, the table below has the numbers", title)} />
      </div>
    </figure>
  );
}
