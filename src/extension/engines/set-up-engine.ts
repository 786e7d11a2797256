import { commands, l10n, ProgressLocation, ThemeIcon, Uri, window, type QuickPickItem } from "vscode";
import { existsSync } from "node:fs";
import { rm, statfs } from "node:fs/promises";
import { engineLabel, type EngineName, type EngineStatus } from "../../shared/engines";
import { UserError } from "../../shared/errors";
import type { Parts } from "../parts";
import { notificationText } from "../say";
import { engineSettings, settings } from "../settings";
import { nameLibtensorflow, settingsScope, wishEngine } from "./engine-wish";
import { failureText, planText, sizeText, whyNoGpu } from "./install-words";
import { InstallError, installTensorflow } from "./install-tensorflow";
import { findPython } from "./python";
import { runProgram } from "./run-program";
import { factsOf, survey } from "./survey";
import { planInstall, tensorflowVersion, type InstallPlan } from "./tensorflow-plan";

/** What there is to set up. */
const tensorflowEngine: EngineName = { runtime: "tfjs", device: "tensorflow" };

/** Characters of a line of pip's that progress shows. */
const longestStep = 100;

interface Way extends QuickPickItem {
  readonly take: () => Promise<void>;
}

/** Asks how a GPU engine is to be had, and sets it up; nothing is done before its user has agreed. */
export async function setUpGpuEngine(parts: Parts): Promise<void> {
  if (process.platform !== "linux") return tellWhatIsThere();
  const folder = installFolder(parts);
  const plan = planInstall(process.arch, existsSync("/proc/driver/nvidia/version"));
  const ways: Way[] = [
    ...(plan === undefined ? [] : [installWay(parts, plan, folder)]),
    {
      label: l10n.t("Use a TensorFlow of This Machine..."),
      detail: l10n.t("Of a Python environment, or libtensorflow itself: it is tried before it is used"),
      iconPath: new ThemeIcon("folder-opened"),
      take: () => useOther(parts),
    },
    ...(existsSync(folder) ? [{ label: l10n.t("Remove What Was Installed..."), detail: folder, iconPath: new ThemeIcon("trash"), take: () => removeInstalled(folder) }] : []),
  ];
  const way = await window.showQuickPick(ways, { title: l10n.t("Set Up GPU Engine"), placeHolder: l10n.t("{0} needs TensorFlow: where from?", engineLabel(tensorflowEngine)) });
  await way?.take();
}

/** Where the extension keeps the TensorFlow that it installed. */
function installFolder({ context }: Parts): string {
  return Uri.joinPath(context.globalStorageUri, "tensorflow").fsPath;
}

async function tellWhatIsThere(): Promise<void> {
  const select = l10n.t("Select Engine...");
  const text =
    process.platform === "darwin"
      ? l10n.t("There is nothing to set up: onnxruntime uses the GPU of a Mac already, on webgpu and on coreml.")
      : l10n.t("There is nothing to set up: onnxruntime uses the GPU under Windows already, on dml and on webgpu.");
  if ((await window.showInformationMessage(text, select)) === select) await commands.executeCommand("normlens.selectEngine");
}

function installWay(parts: Parts, plan: InstallPlan, folder: string): Way {
  return {
    label: l10n.t("Install TensorFlow for NormLens..."),
    description: sizeText(plan),
    detail: plan.cuda ? l10n.t("For NVIDIA GPUs, with CUDA") : l10n.t("For the processor, since {0}; onnxruntime is faster there", whyNoGpu(plan)),
    iconPath: new ThemeIcon("cloud-download"),
    take: () => install(parts, plan, folder),
  };
}

async function install(parts: Parts, plan: InstallPlan, folder: string): Promise<void> {
  const agreed = l10n.t("Install");
  const answer = await window.showInformationMessage(l10n.t("Install TensorFlow {0} for NormLens?", tensorflowVersion), { modal: true, detail: planText(plan, folder) }, agreed);
  if (answer !== agreed) return;
  try {
    const status = await window.withProgress({ location: ProgressLocation.Notification, cancellable: true, title: l10n.t("Installing TensorFlow") }, (progress, token) => {
      const stop = new AbortController();
      token.onCancellationRequested(() => { stop.abort(); });
      const say = (message: string) => { progress.report({ message }); };
      return installTensorflow(plan, folder, {
        python: findPython(process.env["PATH"] ?? ""),
        run: runProgram,
        freeBytes: async (path) => { const { bavail, bsize } = await statfs(path); return bavail * bsize; },
        prove: (packages) => { say(l10n.t("trying it...")); return prove(parts, packages, stop.signal); },
        onLine: (line) => { parts.log.info(line); if (isStep(line)) say(line.trim().slice(0, longestStep)); },
        signal: stop.signal,
      });
    });
    await takeIntoUse(folder, status);
  } catch (error) {
    throw error instanceof InstallError ? new UserError(failureText(error.failure, plan)) : error;
  }
}

/** Whether a line of pip's tells what it is doing. */
function isStep(line: string): boolean {
  return /^\s*(Collecting|Processing|Downloading|Installing|Successfully)\b/.test(line);
}

async function useOther(parts: Parts): Promise<void> {
  const [chosen] = (await window.showOpenDialog({ title: l10n.t("Folder of TensorFlow or of a Python Environment"), openLabel: l10n.t("Use"), canSelectFiles: false, canSelectFolders: true })) ?? [];
  if (chosen === undefined) return;
  const status = await window.withProgress({ location: ProgressLocation.Notification, cancellable: true, title: l10n.t("Trying {0}", chosen.fsPath) }, (_, token) => {
    const stop = new AbortController();
    token.onCancellationRequested(() => { stop.abort(); });
    return prove(parts, chosen.fsPath, stop.signal);
  });
  if (!status.available) throw new UserError(l10n.t("TensorFlow of {0} is not used, since it does not work: {1}", chosen.fsPath, status.reason ?? ""));
  await takeIntoUse(chosen.fsPath, status);
}

/** Has the TensorFlow of a folder show what it can do. @throws CancelledError once `signal` is aborted. */
async function prove({ startEngine, log }: Parts, folder: string, signal: AbortSignal): Promise<EngineStatus> {
  const engine = startEngine();
  const stop = () => { void engine.stop(); };
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  const [status] = await survey(engine, { ...engineSettings(settingsScope()), libtensorflow: folder, only: tensorflowEngine }, log, () => undefined);
  signal.removeEventListener("abort", stop);
  return status ?? { ...tensorflowEngine, available: false };
}

/** Names the folder in the settings, and offers to use it whatever else there is. */
async function takeIntoUse(folder: string, status: EngineStatus): Promise<void> {
  await nameLibtensorflow(folder);
  const select = l10n.t("Use It Always");
  const facts = [...factsOf(status), ...(status.hardware === undefined ? [l10n.t("on the processor")] : [])].join(", ");
  const text = l10n.t("{0} works: {1}. NormLens takes it where it is the fastest, unless another engine is set.", engineLabel(tensorflowEngine), facts);
  if ((await window.showInformationMessage(notificationText(text), select)) === select) await wishEngine(tensorflowEngine);
}

async function removeInstalled(folder: string): Promise<void> {
  const agreed = l10n.t("Remove");
  const answer = await window.showWarningMessage(l10n.t("Remove the TensorFlow that was installed for NormLens?"), { modal: true, detail: folder }, agreed);
  if (answer !== agreed) return;
  await rm(folder, { recursive: true, force: true });
  if (settings.libtensorflow(settingsScope()) === folder) await nameLibtensorflow(undefined);
}
