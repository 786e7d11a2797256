import { t } from "@vscode/l10n";
import type { ComponentChildren } from "preact";
import { useCallback, useMemo, useRef } from "preact/hooks";
import { printable } from "../src/shared/format";
import type { Intent } from "../src/shared/intent";
import type { Replacement } from "../src/shared/replacement";
import type { LayerResult, Result } from "../src/shared/result";
import { glossary } from "./glossary";
import type { Host } from "./host";
import { LayerView } from "./layer/layer-view";
import { shortened } from "./names";
import { Overview } from "./overview/overview";
import { Roles } from "./roles";
import { Summary } from "./summary";
import { LayerTable } from "./table/layer-table";
import { Tabs } from "./tabs";
import { triedOn, withAlpha, type View } from "./view";
import { Warnings } from "./warnings";
import type { Measuring } from "./what-if/measuring";
import { methodText } from "./what-if/cost-words";
import { WhatIf } from "./what-if/what-if";

interface ResultPageProps {
  readonly result: Result;
  /** What it is compared with. */
  readonly other: Result | undefined;
  readonly intent: Intent;
  /** Names of layers that a line of source is known for. */
  readonly sourceLayers: readonly string[];
  /** Whether what replacing costs can be measured; undefined where nothing can be asked for, as in a report. */
  readonly measuring: Measuring | undefined;
  readonly view: View;
  readonly onView: (view: View) => void;
  readonly host: Host;
}

/** Pixels of the layer's drawing that must be in view when a row of the table below is chosen; otherwise the page scrolls to it. */
const smallestGlimpse = 120;

/** Everything that a result has to show. */
export function ResultPage({ result, other, intent, sourceLayers, measuring, view, onView, host }: ResultPageProps) {
  const { layers, warnings, replacement } = result;
  const detail = useRef<HTMLDivElement>(null);
  const others = useMemo(() => (other === undefined ? [] : layers.map(({ name }) => other.layers.find((each) => each.name === name))), [layers, other]);
  const selected = Math.max(0, layers.findIndex(({ name }) => name === view.layer));
  const layer = layers[selected];
  const current = useRef({ view, onView });
  current.current = { view, onView };
  // The same function for ever, so that rows that did not change are not drawn again.
  const select = useCallback((index: number) => {
    const chosen = layers[index];
    if (chosen !== undefined) current.current.onView({ ...current.current.view, layer: chosen.name });
  }, [layers]);
  const selectRow = useCallback((index: number) => {
    select(index);
    if ((detail.current?.getBoundingClientRect().bottom ?? 0) < smallestGlimpse) detail.current?.scrollIntoView({ block: "start" });
  }, [select]);
  const goTo = (name: string) => { onView({ ...view, layer: name, tab: "layers" }); };
  const tried = useMemo(() => triedOn(layers, view.tried), [layers, view.tried]);
  const offersWhatIf = replacement !== undefined || measuring !== undefined;
  const showsCosts = offersWhatIf && view.tab === "what-if";
  const cost = replacement?.layers.find(({ name }) => name === layer?.name);
  return (
    <>
      <Summary result={result} />
      <Warnings result={result} goTo={goTo} />
      {layer === undefined ? (
        <p class="nothing">{t("No norm layer was measured, so there is nothing to suggest.")}</p>
      ) : (
        <WithTabs tab={offersWhatIf ? view.tab : undefined} choose={(tab) => { onView({ ...view, tab }); }}>
          {showsCosts ? (
            <WhatIf
              result={result}
              measuring={measuring}
              view={view.whatIf}
              onView={(whatIf) => { onView({ ...view, whatIf }); }}
              tried={tried}
              resetTried={() => { onView({ ...view, tried: {} }); }}
              selected={layer.name}
              select={(name) => { onView({ ...view, layer: name }); }}
              goTo={goTo}
              host={host}
            />
          ) : (
            <>
              <Roles result={result} other={other} intent={intent} host={host} />
              <Overview layers={layers} others={others} intent={intent} hidden={view.hidden} hide={(hidden) => { onView({ ...view, hidden }); }} selected={selected} select={select} host={host} />
              <div ref={detail}>
                <LayerView
                  layer={layer}
                  place={{ index: selected, count: layers.length }}
                  other={others[selected]}
                  intent={intent}
                  view={view.layerView}
                  onView={(layerView) => { onView({ ...view, layerView }); }}
                  step={(by) => { select((selected + by + layers.length) % layers.length); }}
                  alpha={tried[layer.name]}
                  tryAlpha={(alpha) => { onView({ ...view, tried: withAlpha(tried, layer.name, alpha) }); }}
                  replaced={replacement !== undefined && cost !== undefined ? { cost, measure: replacement.measure, method: methodText(replacement.chosen, replacement.tuneSteps) } : undefined}
                  hasSource={sourceLayers.includes(layer.name)}
                  warnings={warnings.filter((warning) => warning.layer === layer.name)}
                  host={host}
                />
              </div>
              <LayerTable
                layers={layers}
                others={others}
                note={replacement && noteOfChosen(replacement)}
                selected={selected}
                select={selectRow}
                order={view.order}
                onOrder={(order) => { onView({ ...view, order }); }}
                filter={view.filter}
                onFilter={(filter) => { onView({ ...view, filter }); }}
              />
              {other !== undefined && <Unmatched layers={layers} others={other.layers} />}
              <Glossary />
            </>
          )}
        </WithTabs>
      )}
    </>
  );
}

/** Says that the table's alphas are not those that a conversion takes. */
function noteOfChosen({ chosen, tuneSteps }: Replacement): string | undefined {
  if (chosen === "per-channel") return undefined;
  return t("α convert is fitted to every layer by itself. What measured best, and is converted to, is “{0}”: its alphas stand in the What-if tab.", methodText(chosen, tuneSteps));
}

interface WithTabsProps {
  /** Undefined where there is nothing to choose. */
  readonly tab: View["tab"] | undefined;
  readonly choose: (tab: View["tab"]) => void;
  readonly children: ComponentChildren;
}

function WithTabs({ tab, choose, children }: WithTabsProps) {
  if (tab === undefined) return <>{children}</>;
  return <Tabs label={t("What the result shows")} tabs={[{ value: "layers", text: t("Layers") }, { value: "what-if", text: t("What-if") }]} chosen={tab} choose={choose}>{children}</Tabs>;
}

/** Layers that only one of two compared results has. */
function Unmatched({ layers, others }: { readonly layers: readonly LayerResult[]; readonly others: readonly LayerResult[] }) {
  const without = (some: readonly LayerResult[], rest: readonly LayerResult[]) => {
    const names = new Set(rest.map(({ name }) => name));
    return some.filter(({ name }) => !names.has(name)).map(({ name }) => shortened(printable(name)));
  };
  const onlyHere = without(layers, others);
  const onlyThere = without(others, layers);
  if (onlyHere.length + onlyThere.length === 0) return null;
  return (
    <section class="unmatched" aria-label={t("Layers without a counterpart")}>
      {onlyHere.length > 0 && <p>{t("Only in this result: {0}", listed(onlyHere))}</p>}
      {onlyThere.length > 0 && <p>{t("Only in the result compared with: {0}", listed(onlyThere))}</p>}
    </section>
  );
}

/** Names that are told one by one; more are counted. */
const namesTold = 12;

function listed(names: readonly string[]): string {
  const rest = names.length - namesTold;
  return `${names.slice(0, namesTold).join(", ")}${rest > 0 ? t(" and {0} more", rest) : ""}`;
}

function Glossary() {
  return (
    <details class="glossary">
      <summary>{t("What the numbers mean")}</summary>
      <dl>
        {Object.values(glossary).map((entry) => entry()).map(({ name, text }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
