import { t } from "@vscode/l10n";
import { printable } from "../../src/shared/format";
import type { PanelState } from "../../src/shared/panel";
import { Button } from "../button";
import type { Host } from "../host";
import { Icon } from "../icon";
import { shortened } from "../names";

/** Earlier results that are offered at once; Open Result lists the others. */
const offeredAtOnce = 6;

/** The page while there is no result: what can be done, and earlier results. */
export function Empty({ state, host }: { readonly state: PanelState; readonly host: Host }) {
  const { offered, trusted, run } = state;
  if (run.kind === "running") return <p class="nothing">{t("Curves and alphas appear here when the analysis is done.")}</p>;
  return (
    <section class="empty" aria-label={t("No result")}>
      <h1>{t("Which alpha should each layer start from?")}</h1>
      <p>{t("NormLens runs a checkpoint on this machine, measures what goes into every norm layer, and suggests the alphas with which Dynamic Tanh (DyT) could take their place.")}</p>
      {trusted ? (
        <div class="actions">
          <Button kind="primary" icon="play" onClick={() => { host.post({ type: "analyze", what: "checkpoint" }); }}>{t("Analyze Checkpoint...")}</Button>
          <Button icon="settings-gear" onClick={() => { host.post({ type: "analyze", what: "options" }); }}>{t("With Options...")}</Button>
          <Button icon="beaker" onClick={() => { host.post({ type: "analyze", what: "sample" }); }}>{t("Try the bundled sample")}</Button>
          <Button icon="folder-opened" onClick={() => { host.post({ type: "open" }); }}>{t("Open Result...")}</Button>
        </div>
      ) : (
        <>
          <p class="warning"><Icon name="shield" />{t("This workspace is in Restricted Mode: results can be looked at, and checkpoints are analysed once it is trusted.")}</p>
          <div class="actions"><Button icon="folder-opened" onClick={() => { host.post({ type: "open" }); }}>{t("Open Result...")}</Button></div>
        </>
      )}
      {offered.length > 0 && (
        <>
          <h2>{t("Earlier results")}</h2>
          <ul class="offered">
            {offered.slice(0, offeredAtOnce).map(({ uri, label, detail, time }) => (
              <li key={uri}>
                <button type="button" class="link" onClick={() => { host.post({ type: "open", uri }); }}>{shortened(printable(label))}</button>
                <span class="note">{`${shortened(printable(detail))}, ${new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}`}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
