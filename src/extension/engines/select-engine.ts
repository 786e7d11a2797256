import { commands, l10n, ThemeIcon, window, type QuickInputButton } from "vscode";
import { engineLabel, type EngineName } from "../../shared/engines";
import type { Parts } from "../parts";
import { engineSettings } from "../settings";
import { engineItems, itemsBefore, type EngineItem } from "./engine-items";
import { settingsScope, wishedEngine, wishEngine } from "./engine-wish";
import { survey, type SurveyingEngine } from "./survey";

/** Milliseconds for which the status bar tells what was picked. */
const toldFor = 5000;

/** Tries every engine, asks which to use, and has the settings ask for it. */
export async function selectEngine(parts: Parts): Promise<void> {
  const picked = await pickEngine(parts, wishedEngine());
  if (picked === undefined) return;
  if (!picked.works) return tellWhatIsMissing(picked.engine, picked.reason);
  await wishEngine(picked.engine);
  const label = picked.engine.runtime === "auto" ? l10n.t("the fastest engine that works") : engineLabel(picked.engine);
  window.setStatusBarMessage(l10n.t("NormLens: models run on {0} from now on", label), toldFor);
}

/**
 * A list that is there at once and fills when all engines were tried; leaving it stops that, and nothing is left running.
 * @throws UserError or Error where they can't be tried.
 */
async function pickEngine({ startEngine, log, runner }: Parts, wished: EngineName): Promise<EngineItem["picks"]> {
  const picker = window.createQuickPick<EngineItem>();
  const again: QuickInputButton = { iconPath: new ThemeIcon("refresh"), tooltip: l10n.t("Try Again") };
  picker.title = l10n.t("Select Engine");
  picker.matchOnDescription = true;
  // What is being tried must not take it away.
  picker.ignoreFocusOut = true;
  let engine: SurveyingEngine | undefined;
  const tryAll = async () => {
    picker.busy = true;
    picker.buttons = [];
    picker.items = itemsBefore(wished);
    picker.placeholder = l10n.t("Trying what works on this machine...");
    engine = startEngine();
    const statuses = await survey(engine, engineSettings(settingsScope()), log, (label) => { picker.placeholder = l10n.t("Trying {0}...", label); });
    const items = engineItems(statuses, wished);
    picker.items = items;
    picker.activeItems = items.filter(({ isSet }) => isSet === true);
    picker.placeholder = runner.state.kind === "running" ? l10n.t("What runs a model; an analysis is running, so the speeds are lower than they will be") : l10n.t("What runs a model");
    picker.buttons = [again];
    picker.busy = false;
  };
  try {
    return await new Promise((resolve, reject) => {
      picker.onDidAccept(() => {
        const [item] = picker.selectedItems;
        if (item !== undefined) resolve(item.picks);
      });
      picker.onDidHide(() => { resolve(undefined); });
      picker.onDidTriggerButton(() => { tryAll().catch(reject); });
      picker.show();
      tryAll().catch(reject);
    });
  } finally {
    picker.dispose();
    await engine?.stop();
  }
}

async function tellWhatIsMissing(engine: EngineName, reason: string): Promise<void> {
  const setUp = l10n.t("Set Up GPU Engine...");
  const buttons = engine.device === "tensorflow" ? [setUp] : [];
  const text = l10n.t("{0} does not work on this machine", engineLabel(engine));
  // A notification would cut the reason off, and names what to do at its end.
  if ((await window.showWarningMessage(text, { modal: true, detail: reason }, ...buttons)) === setUp) await commands.executeCommand("normlens.setUpGpuEngine");
}
