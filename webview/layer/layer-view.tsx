import { t } from "@vscode/l10n";
import { useCallback, useMemo, useRef } from "preact/hooks";
import { whatIf } from "../../src/analysis/what-if";
import { hasAlpha } from "../../src/shared/alpha";
import { formatCount, formatNumber, printable } from "../../src/shared/format";
import { suggestedAlpha, type Intent } from "../../src/shared/intent";
import type { LayerResult, Warning } from "../../src/shared/result";
import { Button, CopyButton, IconButton } from "../button";
import { ChartCanvas, type Drawing, type Painter } from "../chart-canvas";
import type { Host } from "../host";
import { Icon } from "../icon";
import { Legend } from "../legend";
import { Name, shortened } from "../names";
import { PictureButtons } from "../pictures/picture-buttons";
import { RoleMark } from "../role-mark";
import { useTheme } from "../theme";
import { AlphaControl } from "./alpha-control";
import { cloudPoints } from "./cloud";
import { densityCells, densityPainter } from "./density";
import { cloudOf, layerConfig } from "./drawing";
import { Facts, type ReplacedLayer } from "./facts";
import { alphaAt, handleAt, paintHandle } from "./handle";
import { layerKeys } from "./layer-legend";
import type { LayerViewState } from "./view-state";
import { ViewSwitches } from "./view-switches";

export interface LayerViewProps {
  readonly layer: LayerResult;
  /** Which of how many. */
  readonly place: { readonly index: number; readonly count: number };
  /** The layer of that name in the result that is compared with. */
  readonly other: LayerResult | undefined;
  readonly intent: Intent;
  readonly view: LayerViewState;
  readonly onView: (view: LayerViewState) => void;
  /** Goes to the layer so many places before or after. */
  readonly step: (by: number) => void;
  /** The alpha that the user tried; undefined while the fit's own is shown. */
  readonly alpha: number | undefined;
  readonly tryAlpha: (alpha: number | undefined) => void;
  /** What replacing the layer alone costs, where it was measured. */
  readonly replaced: ReplacedLayer | undefined;
  readonly hasSource: boolean;
  readonly warnings: readonly Warning[];
  readonly host: Host;
}

/** One layer: the cloud of its values with the curves over it, and its numbers. */
export function LayerView({ layer, place, other, intent, view, onView, step, alpha, tryAlpha, replaced, hasSource, warnings, host }: LayerViewProps) {
  const suggested = suggestedAlpha(layer, intent);
  return (
    <section class="detail" aria-label={t("Selected layer")}>
      <header>
        <div class="detail-name">
          <h2 aria-live="polite"><Name text={layer.name} /></h2>
          <p class="note">
            <RoleMark role={layer.role} />
            {t("{0}, block {1}, {2} over {3} channels; layer {4} of {5}", layer.role, formatCount(layer.depth), layer.kind, formatCount(layer.channels), formatCount(place.index + 1), formatCount(place.count))}
          </p>
        </div>
        <div class="actions">
          {Number.isFinite(suggested) && (
            <CopyButton text={t("Copy α {0}", formatNumber(suggested))} label={t("Copy the suggested alpha of this layer")} copy={() => { host.post({ type: "copy", text: String(Number(suggested.toPrecision(4))) }); }} />
          )}
          {hasSource && <Button icon="go-to-file" onClick={() => { host.post({ type: "goToSource", layer: layer.name }); }}>{t("Source")}</Button>}
          <IconButton icon="arrow-left" label={t("Previous layer")} onClick={() => { step(-1); }} />
          <IconButton icon="arrow-right" label={t("Next layer")} onClick={() => { step(1); }} />
        </div>
      </header>
      {warnings.map(({ code, message }) => <p key={`${code} ${message}`} class="warning"><Icon name="warning" />{printable(withoutName(message, layer.name))}</p>)}
      <div class="columns">
        {layer.curve.binnedMean.x.length > 0
          ? <Curve layer={layer} other={other} view={view} onView={onView} alpha={alpha} tryAlpha={tryAlpha} host={host} />
          : <p class="nothing framed">{t("There is nothing to draw: no input of this layer was seen, or it never varied.")}</p>}
        <Facts layer={layer} other={other} intent={intent} replaced={replaced} />
      </div>
    </section>
  );
}

/** A warning begins with its layer's name, which stands above it here. */
function withoutName(message: string, name: string): string {
  const rest = message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** The drawing with its switches and legend, and the alpha that can be tried on it. */
function Curve({ layer, other, view, onView, alpha, tryAlpha, host }: Pick<LayerViewProps, "layer" | "other" | "view" | "onView" | "alpha" | "tryAlpha" | "host">) {
  const theme = useTheme();
  const drawing = useRef<Drawing | null>(null);
  const tried = useMemo(() => (alpha === undefined ? undefined : whatIf(layer, alpha)), [layer, alpha]);
  const points = useMemo(() => cloudPoints(layer, view.side), [layer, view.side]);
  const drawn = useMemo(() => ({ layer, other, view, tried, theme, points }), [layer, other, view, tried, theme, points]);
  const config = useMemo(() => layerConfig(drawn), [drawn]);
  const dense = cloudOf(view) === "density";
  const density = useMemo(() => densityPainter(layer.curve.density, theme.density), [layer, theme]);
  const handle = handleAt(layer, view, tried?.alpha ?? layer.fit.alpha);
  const inFront = useCallback<Painter>((chart) => { if (handle !== undefined) paintHandle(chart, handle, theme); }, [handle?.x, handle?.y, theme]);
  const keys = layerKeys(drawn);
  const picture = () => (drawing.current === null
    ? undefined
    : { drawing: drawing.current, config, theme, title: shortened(printable(layer.name)), keys, behind: dense ? densityCells(layer.curve.density, theme.density) : undefined });
  return (
    <figure class="curve">
      <ViewSwitches view={view} onView={onView} layer={layer} />
      <div class="plot tall">
        <ChartCanvas
          config={config}
          drawing={drawing}
          label={describe(layer)}
          inFront={inFront}
          {...(dense && { behind: density })}
          {...(handle !== undefined && { handle: { at: handle, moveTo: ({ x }) => { tryAlpha(alphaAt(layer, x)); } } })}
        />
      </div>
      <figcaption>
        <Legend keys={keys} />
        <PictureButtons name={shortened(layer.name)} host={host} picture={picture} />
      </figcaption>
      {hasAlpha(layer) && <AlphaControl layer={layer} tried={tried} tryAlpha={tryAlpha} copy={(text) => { host.post({ type: "copy", text }); }} />}
    </figure>
  );
}

function describe({ name, fit, linear, ceiling }: LayerResult): string {
  return t(
    "Normalised value against input of {0}, with {1} times tanh of {2} times x over it; R² {3}, of a line {4}, at most {5}",
    shortened(printable(name), 120), formatNumber(fit.gain), formatNumber(fit.alpha), formatNumber(fit.r2, 4), formatNumber(linear.r2, 4), formatNumber(ceiling.r2, 4),
  );
}
