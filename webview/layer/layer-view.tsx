import { t } from "@vscode/l10n";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { whatIf } from "../../src/analysis/what-if";
import { hasAlpha } from "../../src/shared/alpha";
import { formatCount, formatNumber } from "../../src/shared/format";
import { suggestedAlpha, type Intent } from "../../src/shared/intent";
import { familyNames, type LayerResult, type Warning } from "../../src/shared/result";
import { Button, IconButton } from "../button";
import { ChartCanvas, type Drawing, type Painter } from "../chart-canvas";
import { Choice } from "../choice";
import type { Host } from "../host";
import { Icon } from "../icon";
import { Key } from "../legend";
import { Name, shortened } from "../names";
import { PictureButtons } from "../picture-buttons";
import { useTheme, type Theme } from "../theme";
import { AlphaControl } from "./alpha-control";
import { densityPainter } from "./density";
import { cloudOf, layerConfig } from "./drawing";
import { Facts } from "./facts";
import { printable } from "../../src/shared/format";
import type { LayerViewState } from "./view-state";

export interface LayerViewProps {
  readonly layer: LayerResult;
  /** The layer of that name in the result that is compared with. */
  readonly other: LayerResult | undefined;
  readonly intent: Intent;
  readonly view: LayerViewState;
  readonly onView: (view: LayerViewState) => void;
  /** Goes to the layer so many places before or after. */
  readonly step: (by: number) => void;
  readonly hasSource: boolean;
  readonly warnings: readonly Warning[];
  readonly host: Host;
}

/** One layer: the cloud of its values with the curves over it, and its numbers. */
export function LayerView({ layer, other, intent, view, onView, step, hasSource, warnings, host }: LayerViewProps) {
  const theme = useTheme();
  const drawing = useRef<Drawing | null>(null);
  const [alpha, setAlpha] = useState<number>();
  useEffect(() => { setAlpha(undefined); }, [layer]);
  const tried = useMemo(() => (alpha === undefined ? undefined : whatIf(layer, alpha)), [layer, alpha]);
  const config = useMemo(() => layerConfig({ layer, other, view, tried, theme }), [layer, other, view, tried, theme]);
  const density = useMemo(() => densityPainter(layer.curve.density, theme.density), [layer, theme]);
  const behind = cloudOf(view) === "density" ? density : undefined;
  const handle = view.side === "before" && view.family === "tanh" && hasAlpha(layer) ? handleOf(layer, tried?.alpha ?? layer.fit.alpha) : undefined;
  const inFront = useCallback<Painter>((drawn) => { if (handle !== undefined) paintHandle(drawn, handle, theme); }, [handle?.x, handle?.y, theme]);
  const drawable = layer.curve.binnedMean.x.length > 0;
  const suggested = suggestedAlpha(layer, intent);
  const copy = (text: string) => { host.post({ type: "copy", text }); };
  return (
    <section class="detail" aria-label={t("Selected layer")}>
      <header>
        <div class="detail-name">
          <h2 aria-live="polite"><Name text={layer.name} /></h2>
          <p class="note">{t("{0}, block {1}, {2} over {3} channels", layer.role, formatCount(layer.depth), layer.kind, formatCount(layer.channels))}</p>
        </div>
        <div class="actions">
          {Number.isFinite(suggested) && <Button icon="copy" onClick={() => { copy(String(Number(suggested.toPrecision(4)))); }}>{t("Copy α {0}", formatNumber(suggested))}</Button>}
          {hasSource && <Button icon="go-to-file" onClick={() => { host.post({ type: "goToSource", layer: layer.name }); }}>{t("Source")}</Button>}
          <IconButton icon="arrow-left" label={t("Previous layer")} onClick={() => { step(-1); }} />
          <IconButton icon="arrow-right" label={t("Next layer")} onClick={() => { step(1); }} />
        </div>
      </header>
      {warnings.map(({ code, message }) => <p key={`${code} ${message}`} class="warning"><Icon name="warning" />{printable(message)}</p>)}
      <div class="columns">
        <figure class="curve">
          {drawable ? (
            <>
              <Switches view={view} onView={onView} layer={layer} />
              <div class="plot tall">
                <ChartCanvas
                  config={config}
                  drawing={drawing}
                  label={describe(layer)}
                  inFront={inFront}
                  {...(behind !== undefined && { behind })}
                  {...(handle !== undefined && { handle: { at: handle, moveTo: ({ x }) => { if (x !== 0) setAlpha(1 / Math.abs(x)); } } })}
                />
              </div>
              <div class="legend">
                <Legend layer={layer} view={view} theme={theme} tried={tried?.alpha} compared={other !== undefined} />
                <PictureButtons name={shortened(layer.name)} host={host} picture={() => (drawing.current === null ? undefined : { drawing: drawing.current, config, background: theme.page, behind })} />
              </div>
              {hasAlpha(layer) && <AlphaControl layer={layer} tried={tried} tryAlpha={setAlpha} copy={copy} />}
            </>
          ) : (
            <p class="nothing">{t("There is nothing to draw: no input of this layer was seen, or it never varied.")}</p>
          )}
        </figure>
        <Facts layer={layer} other={other} intent={intent} />
      </div>
    </section>
  );
}

interface SwitchesProps {
  readonly layer: LayerResult;
  readonly view: LayerViewState;
  readonly onView: (view: LayerViewState) => void;
}

function Switches({ layer, view, onView }: SwitchesProps) {
  const after = view.side === "after";
  return (
    <div class="switches">
      <Choice
        label={t("Cloud")}
        chosen={cloudOf(view)}
        choose={(cloud) => { onView({ ...view, cloud }); }}
        options={[
          { value: "density", text: t("density"), title: after ? t("Counts are kept of values before the affine only") : t("How many elements lie where"), disabled: after },
          { value: "token", text: t("by token"), title: t("Sampled elements, one colour for every token: within a token the norm is a straight line") },
          { value: "channel", text: t("by channel"), title: t("Sampled elements; the channels of largest magnitude have a colour of their own") },
        ]}
      />
      <Choice
        label={t("Affine")}
        chosen={view.side}
        choose={(side) => { onView({ ...view, side }); }}
        options={[
          { value: "before", text: t("before affine"), title: t("The normalised value x̂") },
          { value: "after", text: t("after affine"), title: t("What the layer gives on: weight · x̂ + bias, with the DyT of every channel that has a colour") },
        ]}
      />
      <Choice
        label={t("Range")}
        chosen={view.range}
        choose={(range) => { onView({ ...view, range }); }}
        options={[
          { value: "central", text: "99 %", title: t("The central 99 % of the elements") },
          { value: "all", text: t("all"), title: t("Everything, outliers too") },
        ]}
      />
      <label class="select">
        <span>{t("Curve")}</span>
        <select value={view.family} disabled={after} onChange={({ currentTarget }) => { onView({ ...view, family: familyNames.find((name) => name === currentTarget.value) ?? "tanh" }); }}>
          {familyNames.filter((name) => name === "tanh" || layer.families.some((family) => family.name === name)).map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
      <label class="check">
        <input type="checkbox" checked={view.unitGain} disabled={after} onChange={({ currentTarget }) => { onView({ ...view, unitGain: currentTarget.checked }); }} />
        <span>{t("unit gain")}</span>
      </label>
    </div>
  );
}

interface LegendProps {
  readonly layer: LayerResult;
  readonly view: LayerViewState;
  readonly theme: Theme;
  readonly tried: number | undefined;
  readonly compared: boolean;
}

function Legend({ layer, view, theme, tried, compared }: LegendProps) {
  const { fit, linear, families } = layer;
  if (view.side === "after") {
    return <Key mark="solid">{t("γ · tanh({0} · x) + β of the channels with a colour", formatNumber(tried ?? layer.perChannel.alpha))}</Key>;
  }
  const family = families.find(({ name }) => name === view.family);
  const curve = view.family === "tanh" || family === undefined
    ? `${formatNumber(fit.gain)} · tanh(${formatNumber(fit.alpha)} · x) ${signed(fit.offset)}`
    : `${formatNumber(family.gain)} · ${family.name}(${formatNumber(family.alpha)} · x ${signed(family.shift)}) ${signed(family.offset)}`;
  return (
    <>
      {tried !== undefined && <Key mark="dashed" color={theme.tanh}>{t("tried, α {0}", formatNumber(tried))}</Key>}
      {hasAlpha(layer) && <Key mark="solid" color={theme.tanh}>{curve}</Key>}
      <Key mark="dashed" color={theme.line}>{t("line, slope {0}", formatNumber(linear.slope))}</Key>
      {view.unitGain && <Key mark="dotted" color={theme.unit}>{`tanh(${formatNumber(tried ?? fit.unitGain.alpha)} · x)`}</Key>}
      <Key mark="filled" color={theme.mean}>{t("mean of x̂ by x")}</Key>
      {compared && <Key mark="hollow" color={theme.other}>{t("compared")}</Key>}
    </>
  );
}

function signed(value: number): string {
  return value < 0 ? `− ${formatNumber(-value)}` : `+ ${formatNumber(value)}`;
}

/** Where the ring on the curve sits: at x = 1 / alpha, where the tanh begins to bend away from its line. */
function handleOf({ fit, ...layer }: LayerResult, alpha: number): { readonly x: number; readonly y: number } | undefined {
  const tried = whatIf({ fit, ...layer }, alpha);
  return tried === undefined ? undefined : { x: 1 / alpha, y: tried.gain * Math.tanh(1) + tried.offset };
}

function paintHandle({ ctx, chartArea, scales }: Drawing, at: { readonly x: number; readonly y: number }, theme: Theme): void {
  const x = scales["x"]?.getPixelForValue(at.x) ?? Number.NaN;
  const y = scales["y"]?.getPixelForValue(at.y) ?? Number.NaN;
  if (!(x >= chartArea.left && x <= chartArea.right && y >= chartArea.top && y <= chartArea.bottom)) return;
  ctx.save();
  ctx.beginPath();
  ctx.arc(x, y, 6, 0, 2 * Math.PI);
  ctx.fillStyle = theme.page;
  ctx.strokeStyle = theme.tanh;
  ctx.lineWidth = 2.5;
  ctx.fill();
  ctx.stroke();
  ctx.restore();
}

function describe({ name, fit, linear, ceiling }: LayerResult): string {
  return t(
    "Normalised value against input of {0}, with {1} times tanh of {2} times x over it; R² {3}, of a line {4}, at most {5}",
    shortened(printable(name), 120), formatNumber(fit.gain), formatNumber(fit.alpha), formatNumber(fit.r2, 4), formatNumber(linear.r2, 4), formatNumber(ceiling.r2, 4),
  );
}
