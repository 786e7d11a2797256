import { Disposable, l10n, MarkdownString, StatusBarAlignment, ThemeColor, window } from "vscode";
import type { RunState, WaitingRun } from "../../shared/panel";
import { formatSeconds } from "../../shared/format";
import { describeProgress, overallShare, type Progress } from "../../shared/progress";
import { tuningAt } from "../../shared/tuning";
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
        item.tooltip = stopLink([taskText(state), ...waitingTexts(state.queued)]);
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
  const waiting = queued.length === 0 ? "" : ` ${l10n.t("({0} waiting)", queued.length)}`;
  return `${Math.round(100 * overallShare(progress))} % ${tuningText(progress) ?? describeProgress(progress)}${waiting}`;
}

function tuningText(progress: Progress): string | undefined {
  const at = tuningAt(progress);
  if (at === undefined) return undefined;
  const { secondsLeft } = progress;
  return secondsLeft === undefined ? l10n.t("Tuning, step {0} of {1}", at.step, at.of) : l10n.t("Tuning, step {0} of {1}, {2} left", at.step, at.of, formatSeconds(secondsLeft));
}

function waitingTexts(queued: readonly WaitingRun[]): readonly string[] {
  return queued.map(({ task, label }) => {
    switch (task) {
      case "analysis":
        return l10n.t("Waiting: analysis of {0}", label);
      case "replacement":
        return l10n.t("Waiting: measurement of {0}", label);
      case "conversion":
        return l10n.t("Waiting: conversion of {0}", label);
    }
  });
}

function stopLink(texts: readonly string[]): MarkdownString {
  const tooltip = new MarkdownString();
  tooltip.isTrusted = { enabledCommands: ["normlens.stopAnalysis"] };
  for (const text of texts) tooltip.appendText(text).appendMarkdown("\n\n");
  return tooltip.appendMarkdown(`[${l10n.t("Stop")}](command:normlens.stopAnalysis)`);
}
