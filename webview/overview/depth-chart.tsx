import { t } from "@vscode/l10n";
import { useCallback, useRef } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { printable } from "../../src/shared/format";
import type { LayerResult } from "../../src/shared/result";
import { ChartCanvas, type Drawing, type DrawingConfig, type Painter } from "../chart-canvas";
import type { Host } from "../host";
import { shortened } from "../names";
import { PictureButtons } from "../picture-buttons";
import type { Theme } from "../theme";

interface DepthChartProps {
  readonly title: string;
  /** Of picture files. */
  readonly name: string;
  readonly config: DrawingConfig;
  readonly layers: readonly LayerResult[];
  readonly selected: number;
  readonly select: (index: number) => void;
  readonly theme: Theme;
  readonly host: Host;
  /** The legend. */
  readonly children: ComponentChildren;
}

/** A drawing over all layers; a click on a point, or the arrow keys, select a layer. */
export function DepthChart({ title, name, config, layers, selected, select, theme, host, children }: DepthChartProps) {
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
        <h2>{title}</h2>
        <PictureButtons name={name} host={host} picture={() => (drawing.current === null ? undefined : { drawing: drawing.current, config, background: theme.page, behind })} />
      </figcaption>
      <div class="legend">{children}</div>
      <div class="plot" onClick={choose}>
        <ChartCanvas config={config} drawing={drawing} behind={behind} chooser={chooser} label={t("{0}; the arrow keys select a layer, the table below has the numbers", title)} />
      </div>
    </figure>
  );
}

/** Pixels that the mark of the selected layer is wide at least. */
const smallestMark = 6;

function paintSelection({ ctx, chartArea, scales }: Drawing, selected: number, theme: Theme): void {
  const x = scales["x"];
  if (x === undefined) return;
  const width = Math.max(smallestMark, x.getPixelForValue(selected + 0.5) - x.getPixelForValue(selected - 0.5));
  ctx.fillStyle = theme.selection;
  ctx.fillRect(x.getPixelForValue(selected) - width / 2, chartArea.top, width, chartArea.height);
}
