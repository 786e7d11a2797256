import { t } from "@vscode/l10n";
import { formatCount, formatSeconds, printable } from "../../src/shared/format";
import type { RunState, WaitingRun } from "../../src/shared/panel";
import { overallShare, phaseTexts, type Progress } from "../../src/shared/progress";
import { tuningAt } from "../../src/shared/tuning";
import { Button } from "../button";
import type { Host } from "../host";
import { Icon } from "../icon";
import { shortened } from "../names";

interface RunProps {
  readonly run: RunState;
  /** Whether the page below offers to analyse a checkpoint anyway. */
  readonly offersAnalysis: boolean;
  readonly host: Host;
}

/** What an analysis is doing, or how it ended; nothing where none was begun. */
export function Run({ run, offersAnalysis, host }: RunProps) {
  switch (run.kind) {
    case "idle":
      return null;
    case "running":
      return <Running run={run} host={host} />;
    case "stopped":
      return <p class="run" role="status"><Icon name="info" />{stoppedText(run)}</p>;
    case "failed":
      return (
        <div class="run failed" role="alert">
          <p>
            <Icon name="error" />
            {failedText(run)}
          </p>
          {(run.defect || !offersAnalysis) && <div class="actions">
            {run.defect && <Button icon="output" onClick={() => { host.post({ type: "showLog" }); }}>{t("Show Log")}</Button>}
            {!offersAnalysis && <Button icon="play" onClick={() => { host.post({ type: "analyze", what: "checkpoint" }); }}>{t("Analyze another checkpoint...")}</Button>}
          </div>}
        </div>
      );
  }
}

function Running({ run, host }: { readonly run: RunState & { kind: "running" }; readonly host: Host }) {
  const { progress, stopping, queued } = run;
  const share = progress === undefined ? 0 : overallShare(progress);
  const phase = progress === undefined ? t("Starting the engine") : phaseTexts[progress.phase];
  return (
    <div class="run" aria-label={t("Running")} role="group">
      <div class="run-head">
        <strong>{runningText(run)}</strong>
        <Button icon="stop" disabled={stopping} onClick={() => { host.post({ type: "stop" }); }}>{stopping ? t("Stopping...") : t("Stop")}</Button>
      </div>
      <progress value={share} max={1} aria-label={t("Progress")}>{`${Math.round(100 * share)} %`}</progress>
      <p class="run-facts">
        <span role="status">{phase}</span>
        {progress?.stage !== undefined && <span>{tuningText(progress) ?? shortened(printable(progress.stage))}</span>}
        {progress?.tokensPerSecond !== undefined && <span>{t("{0} tokens/s", formatCount(progress.tokensPerSecond))}</span>}
        {progress?.secondsLeft !== undefined && <span>{t("about {0} left", formatSecondsLeft(progress.secondsLeft))}</span>}
        {queued.length > 0 && <span>{waitingText(queued)}</span>}
      </p>
    </div>
  );
}

/** Whole seconds: an estimate is no better. */
function formatSecondsLeft(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds));
  return whole < 60 ? `${whole} s` : formatSeconds(whole);
}

function runningText({ task, label }: RunState & { kind: "running" }): string {
  switch (task) {
    case "analysis":
      return t("Analysing {0}", nameOf(label));
    case "replacement":
      return t("Measuring what replacing the norms of {0} costs", nameOf(label));
    case "conversion":
      return t("Converting {0}", nameOf(label));
  }
}

/** Runs that wait and are named; of more, how many. */
const named = 3;

function waitingText(queued: readonly WaitingRun[]): string {
  const names = queued.slice(0, named).map(waitingName).join(", ");
  return queued.length > named ? t("waiting: {0} and {1} more", names, queued.length - named) : t("waiting: {0}", names);
}

function waitingName({ task, label }: WaitingRun): string {
  switch (task) {
    case "analysis":
      return t("analysis of {0}", nameOf(label));
    case "replacement":
      return t("measurement of {0}", nameOf(label));
    case "conversion":
      return t("conversion of {0}", nameOf(label));
  }
}

function tuningText(progress: Progress): string | undefined {
  const at = tuningAt(progress);
  return at && t("Tuning, step {0} of {1}", formatCount(at.step), formatCount(at.of));
}

function failedText({ task, defect, label, message }: RunState & { kind: "failed" }): string {
  const [name, why] = [nameOf(label), printable(message)];
  switch (task) {
    case "analysis":
      return defect ? t("The analysis of {0} broke off: {1}", name, why) : t("{0} could not be analysed: {1}", name, why);
    case "replacement":
      return defect ? t("The measurement of {0} broke off: {1}", name, why) : t("What replacing the norms of {0} costs could not be measured: {1}", name, why);
    case "conversion":
      return defect ? t("The conversion of {0} broke off: {1}", name, why) : t("{0} could not be converted: {1}", name, why);
  }
}

function stoppedText({ task, label, dropped }: RunState & { kind: "stopped" }): string {
  if (task === "conversion") return dropped === 0 ? t("The conversion of {0} was stopped; nothing of it was written.", nameOf(label)) : t("The conversion of {0} was stopped, and what waited was not begun; nothing of it was written.", nameOf(label));
  if (task === "replacement") return dropped === 0 ? t("The measurement of {0} was stopped; the result is as it was.", nameOf(label)) : t("The measurement of {0} was stopped, and what waited was not begun; the result is as it was.", nameOf(label));
  if (dropped === 0) return t("The analysis of {0} was stopped; nothing of it was kept.", nameOf(label));
  if (dropped === 1) return t("The analysis of {0} was stopped, and 1 that waited was not begun; nothing of it was kept.", nameOf(label));
  return t("The analysis of {0} was stopped, and {1} that waited were not begun; nothing of it was kept.", nameOf(label), dropped);
}

function nameOf(label: string): string {
  return shortened(printable(label));
}
