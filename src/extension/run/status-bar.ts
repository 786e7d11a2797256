import { Disposable, l10n, MarkdownString, StatusBarAlignment, ThemeColor, window } from "vscode";
import type { RunState } from "../../shared/panel";
import { describeProgress, overallShare } from "../../shared/progress";
import type { Parts } from "../parts";

/** Shows a running analysis in the status bar: its stage, and the time left. */
export function registerStatusBar({ runner }: Parts): Disposable {
  const item = window.createStatusBarItem("normlens.analysis", StatusBarAlignment.Left);
  item.name = "NormLens";
  item.command = "normlens.showPanel";
  const show = (state: RunState) => {
    switch (state.kind) {
      case "running":
        item.text = `$(loading~spin) NormLens ${runningText(state)}`;
        item.tooltip = stopLink(l10n.t("Analysing {0}", state.label));
        item.backgroundColor = undefined;
        item.show();
        return;
      case "failed":
        item.text = `$(error) NormLens`;
        item.tooltip = state.message;
        item.backgroundColor = new ThemeColor("statusBarItem.errorBackground");
        item.show();
        return;
      case "idle":
      case "stopped":
        item.hide();
    }
  };
  return Disposable.from(item, runner.onDidChange(show));
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
