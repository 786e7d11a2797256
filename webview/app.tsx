import { t } from "@vscode/l10n";
import { printable } from "../src/shared/format";
import type { PanelState, RunTask } from "../src/shared/panel";
import type { LayerResult, Result } from "../src/shared/result";
import { Button, IconButton } from "./button";
import type { Host } from "./host";
import { Icon } from "./icon";
import type { Model } from "./model";
import { Name, shortened } from "./names";
import { ResultPage } from "./result-page";
import { Empty } from "./states/empty";
import { Run } from "./states/run-state";
import type { View } from "./view";
import type { Measuring } from "./what-if/measuring";

interface AppProps {
  readonly model: Model;
  readonly view: View;
  readonly onView: (view: View) => void;
  readonly host: Host;
}

/** The panel: what runs, and the result with what can be done with it. */
export function App({ model: { state, main, other }, view, onView, host }: AppProps) {
  if (state === undefined || main === undefined) return <p class="nothing" role="status"><Icon name="loading" />{t("Loading...")}</p>;
  const { shown } = main;
  return (
    <>
      <Run run={state.run} offersAnalysis={shown === undefined || !state.trusted} host={host} />
      {state.error !== undefined && <p class="run failed" role="alert"><Icon name="error" />{printable(state.error)}</p>}
      {shown === undefined ? (
        <Empty state={state} host={host} />
      ) : (
        <>
          <header class="top">
            <h1><Name text={shown.label} /></h1>
            <div class="actions">
              <Button kind="primary" icon="export" onClick={() => { host.post({ type: "export" }); }}>{t("Export Alphas...")}</Button>
              <Button icon="diff" onClick={() => { host.post({ type: "compare" }); }}>{t("Compare...")}</Button>
              <Button icon="folder-opened" onClick={() => { host.post({ type: "open" }); }}>{t("Open...")}</Button>
              {state.trusted && <Button icon="play" onClick={() => { host.post({ type: "analyze", what: "checkpoint" }); }}>{t("Analyze...")}</Button>}
            </div>
          </header>
          {other !== undefined && (
            <p class="comparing">
              <Icon name="diff" />
              <span>{t("Compared with {0}, on {1}", shortened(printable(other.label)), shortened(printable(other.result.input.source)))}<Counterparts layers={shown.result.layers} others={other.result.layers} /></span>
              <IconButton icon="close" label={t("Stop comparing")} onClick={() => { host.post({ type: "stopComparing" }); }} />
            </p>
          )}
          <ResultPage result={shown.result} other={other?.result} intent={state.intent} sourceLayers={state.sourceLayers} measuring={measuringOf(state, shown.result)} view={view} onView={onView} host={host} />
        </>
      )}
    </>
  );
}

/** Whether what replacing costs can be measured now, and the checkpoint converted. */
function measuringOf({ trusted, run }: PanelState, { input, layers }: Result): Measuring {
  const isDoing = (task: RunTask) => run.kind === "running" && run.task === task;
  const doing = { busy: isDoing("replacement"), converting: isDoing("conversion") };
  if (!trusted) return { ...doing, refusal: t("This workspace is in Restricted Mode, where nothing is measured: trust the workspace first.") };
  if (layers.length > 0 && layers.every(({ trained }) => trained !== undefined)) return { ...doing, refusal: t("All layers of this checkpoint are DyT or the like already, so there is no norm to replace.") };
  return input.kind === "capture" ? { ...doing, refusal: t("This result was fitted to a capture, so there is no model to replace norms in: analyze its checkpoint.") } : doing;
}

/** How many layers a comparison tells of, where it is not all of them: two checkpoints may share few names, or none. */
function Counterparts({ layers, others }: { readonly layers: readonly LayerResult[]; readonly others: readonly LayerResult[] }) {
  const names = new Set(others.map(({ name }) => name));
  const shared = layers.filter(({ name }) => names.has(name)).length;
  return shared === layers.length ? null : <>{" "}({t("{0} of {1} layers have a counterpart", shared, layers.length)})</>;
}
