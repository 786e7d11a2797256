import { Uri, window, type ExtensionContext } from "vscode";
import { version } from "../../package.json";
import { AnalysisRunner } from "./run/analysis-runner";
import { EngineProcess } from "./run/engine-process";
import { analyze } from "./run/analyze";
import { registerAnalysisCommands } from "./run/register";
import { registerStatusBar } from "./run/status-bar";
import { registerCaptureCommand } from "./capture/register";
import { registerConvertCommand } from "./convert/register";
import { registerEngineCommands } from "./engines/register";
import { registerExportCommands } from "./exports/register";
import { registerLenses } from "./lenses/register";
import { IntentStore } from "./intent-store";
import { PythonNorms } from "./lenses/python-norms";
import { SourceIndex } from "./lenses/source-index";
import { Panels } from "./panel/panels";
import { registerPanelCommands } from "./panel/register";
import type { NormLensApi, Parts } from "./parts";
import { ResultStore } from "./results/result-store";
import { registerResultsView } from "./tree/results-view";

/** Makes the long-lived objects and registers what uses them; nothing is read or started before it is asked for. */
export function activate(context: ExtensionContext): NormLensApi {
  const log = window.createOutputChannel("NormLens", { log: true });
  log.info(`NormLens ${version} on ${process.platform} ${process.arch}, Node ${process.versions.node}`);
  const results = new ResultStore(context);
  const startEngine = () => new EngineProcess(EngineProcess.scriptIn(context.extensionPath), log);
  const runner = new AnalysisRunner(startEngine, log);
  const norms = new PythonNorms(context.extensionUri, log);
  const source = new SourceIndex(norms, results, log);
  const intent = new IntentStore(context.workspaceState);
  const base = { context, log, icon: Uri.joinPath(context.extensionUri, "media", "icon.png"), results, intent, startEngine, runner, norms, source };
  const panels = new Panels(base);
  const parts: Parts = { ...base, panels };
  const registered = [registerAnalysisCommands, registerEngineCommands, registerCaptureCommand, registerConvertCommand, registerStatusBar, registerPanelCommands, registerResultsView, registerExportCommands, registerLenses];
  context.subscriptions.push(log, results, intent, runner, norms, source, panels, ...registered.map((register) => register(parts)));
  return {
    analyze: (checkpoint) => analyze(parts, checkpoint),
    panelText: () => panels.text(),
    currentResult: () => results.currentUri,
    setIntent: (value) => intent.set(value),
    enginePid: () => runner.pid,
    progress: () => (runner.state.kind === "running" ? runner.state.progress : undefined),
    firstPaint: () => panels.firstPaint,
  };
}
