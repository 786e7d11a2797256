import { Disposable, l10n, MarkdownString, StatusBarAlignment, ThemeColor, window } from "vscode";
import type { RunState } from "../../shared/panel";
import { describeProgress, overallShare } from "../../shared/progress";
import type { Parts } from "../parts";

/** Milliseconds for which a failure is shown, and until the panel knows that it came into view. */
const patience = { failure: 30_000, panel: 100 };

/** Shows a running analysis in the status bar: its stage, and the time left. A failure is shown until the panel, which tells why, is in view. */
export function registerStatusBar({ runner, panels }: Parts): Disposable {
  const item = window.createStatusBarItem("normlens.analysis", StatusBarAlignment.Left);
  item.name = "NormLens";
  item.command = "normlens.showPanel";
  let late: NodeJS.Timeout | undefined;
  const hideSeen = () => {
    if (runner.state.kind === "failed" && panels.visible) item.hide();
  };
  const show = (state: RunState) => {
    clearTimeout(late);
    switch (state.kind) {
      case "running":
        item.text = `$(loading~spin) NormLens ${runningText(state)}`;
        item.tooltip = stopLink(taskText(state));
        item.backgroundColor = undefined;
        item.show();
        return;
      case "failed":
        item.text = `$(error) NormLens`;
        item.tooltip = state.message;
        item.backgroundColor = new ThemeColor("statusBarItem.errorBackground");
        item.show();
        late = setTimeout(() => { item.hide(); }, patience.failure);
        hideSeen();
        return;
      case "idle":
      case "stopped":
        item.hide();
    }
  };
  // Tabs change before the panel hears of it.
  const tabs = window.tabGroups.onDidChangeTabs(() => { setTimeout(hideSeen, patience.panel); });
  return Disposable.from(item, tabs, runner.onDidChange(show), { dispose: () => { clearTimeout(late); } });
}

function taskText({ task, label }: RunState & { kind: "running" }): string {
  switch (task) {
    case "analysis":
      return l10n.t("Analysing {0}", label);
    case "replacement":
      return l10n.t("Measuring what replacing the norms of {0} costs", label);
    case "conversion":
      return l10n.t("Converting {0}", label);
  }
}

function runningText({ progress, stopping, queued }: RunState & { kind: "running" }): string {
  if (stopping) return l10n.t("stopping...");
  if (progress === undefined) return l10n.t("starting...");
  const waiting = queued === 0 ? "" : ` ${l10n.t("({0} waiting)", queued)}`;
  return `${Math.round(100 * overallShare(progress))} % ${describeProgress(progress)}${waiting}`;
}

function stopLink(text: string): MarkdownString {
  const tooltip = new MarkdownString();
  tooltip.isTrusted = { enabledCommands: ["normlens.stopAnalysis"] };
  tooltip.appendText(text);
  return tooltip.appendMarkdown(`\n\n[${l10n.t("Stop Analysis")}](command:normlens.stopAnalysis)`);
}
