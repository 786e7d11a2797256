import { l10n, QuickPickItemKind, ThemeIcon, window, type QuickPickItem } from "vscode";
import { printable } from "../../shared/format";
import { labelOf } from "../results/result-store";
import { notificationText } from "../say";
import { offeredValues, suitingValues, valuesWarning, type ConversionChoice, type ConversionOffer } from "./conversion-choice";
import { layersText, valuesText } from "./conversion-words";
import { askTarget, isOccupied } from "./target";

interface Option extends QuickPickItem {
  /** Asks for a new value; undefined where the user thinks better of it. */
  readonly edit?: () => Promise<Partial<ConversionChoice> | undefined>;
  readonly starts?: true;
}

interface Choice<Value> extends QuickPickItem {
  readonly value: Value;
}

/**
 * One list of what a conversion is made of: picking a line edits it, "Convert" ends it.
 * @returns undefined where the user leaves it.
 */
export async function pickConversion(offer: ConversionOffer, first: ConversionChoice): Promise<ConversionChoice | undefined> {
  let choice = first;
  for (;;) {
    const option = await window.showQuickPick(options(offer, choice), { title: l10n.t("Convert Checkpoint"), placeHolder: l10n.t("Pick an option to change it, or convert"), ignoreFocusOut: true });
    if (option?.starts === true) {
      const free = await freeTarget(choice.target);
      if (free === undefined) return undefined;
      if (free === choice.target) return choice;
      choice = { ...choice, target: free };
    } else if (option?.edit === undefined) {
      return undefined;
    } else {
      choice = { ...choice, ...(await option.edit()) };
    }
  }
}

function options(offer: ConversionOffer, choice: ConversionChoice): Option[] {
  const { layers, values, target } = choice;
  const warning = valuesWarning(offer, layers, values);
  return [
    { label: l10n.t("Convert"), description: printable(labelOf(offer.result)), iconPath: new ThemeIcon("play"), starts: true },
    { label: l10n.t("options"), kind: QuickPickItemKind.Separator },
    { label: l10n.t("Layers"), description: layersText(offer, layers), iconPath: new ThemeIcon("layers"), edit: () => pickLayers(offer, choice) },
    { label: l10n.t("Values"), description: valuesText(offer, values), ...(warning !== undefined && { detail: `$(warning) ${warning}` }), iconPath: new ThemeIcon("symbol-number"), edit: () => pickValues(offer, choice) },
    { label: l10n.t("Folder"), description: target, iconPath: new ThemeIcon("folder"), edit: async () => { const chosen = await askTarget(target); return chosen === undefined ? undefined : { target: chosen }; } },
  ];
}

/** A folder that nothing stands in: the one that was chosen, or another that is asked for in its place. */
async function freeTarget(target: string): Promise<string | undefined> {
  if (!(await isOccupied(target))) return target;
  const another = l10n.t("Choose Another Folder...");
  const answer = await window.showWarningMessage(notificationText(l10n.t("{0} exists already and is not empty; nothing is written there.", target)), another);
  const chosen = answer === another ? await askTarget(target) : undefined;
  return chosen === undefined ? undefined : freeTarget(chosen);
}

/** The values that suit layers come with them, since they may have been fitted together with others. */
async function pickLayers(offer: ConversionOffer, { layers, values }: ConversionChoice): Promise<Partial<ConversionChoice> | undefined> {
  const picked = await askLayers(offer, layers);
  if (picked === undefined) return undefined;
  const keeps = values !== "beside" || valuesWarning(offer, picked.layers, values) === undefined;
  return { layers: picked.layers, values: keeps ? values : suitingValues(offer, picked.layers) };
}

async function askLayers(offer: ConversionOffer, before: ConversionChoice["layers"]): Promise<Pick<ConversionChoice, "layers"> | undefined> {
  const { order, points } = offer.result.replacement?.budget ?? { order: [], points: [] };
  const sets = points.filter(({ count }) => count > 0 && count < order.length).map(({ count }) => order.slice(0, count));
  const single = l10n.t("Pick Layers...");
  const choices: Choice<readonly string[] | undefined>[] = [
    { label: layersText(offer, undefined), value: undefined, iconPath: new ThemeIcon("layers") },
    ...(sets.length === 0 ? [] : [{ label: l10n.t("the cheapest, as measured"), kind: QuickPickItemKind.Separator, value: undefined }]),
    ...sets.map((names): Choice<readonly string[]> => ({ label: layersText(offer, names), value: names, iconPath: new ThemeIcon("list-ordered") })),
    { label: "", kind: QuickPickItemKind.Separator, value: undefined },
    { label: single, value: undefined, iconPath: new ThemeIcon("checklist") },
  ];
  const choice = await window.showQuickPick(choices, { title: l10n.t("Layers to Replace"), ignoreFocusOut: true });
  if (choice === undefined) return undefined;
  return choice.label === single ? askSingleLayers(offer, before) : { layers: choice.value };
}

async function askSingleLayers({ result }: ConversionOffer, before: ConversionChoice["layers"]): Promise<Pick<ConversionChoice, "layers"> | undefined> {
  const items = result.layers.map(({ name, role }): QuickPickItem & { readonly name: string } => ({ name, label: printable(name), description: role, picked: before?.includes(name) ?? true }));
  const picked = await window.showQuickPick(items, { title: l10n.t("Layers to Replace"), canPickMany: true, ignoreFocusOut: true });
  return picked === undefined || picked.length === 0 ? undefined : { layers: picked.map(({ name }) => name) };
}

async function pickValues(offer: ConversionOffer, { layers }: ConversionChoice): Promise<Partial<ConversionChoice> | undefined> {
  const choices = offeredValues(offer).map((value): Choice<ConversionChoice["values"]> => {
    const warning = valuesWarning(offer, layers, value);
    return { label: valuesText(offer, value), value, ...(warning !== undefined && { detail: `$(warning) ${warning}` }) };
  });
  const choice = await window.showQuickPick(choices, { title: l10n.t("Values of Alpha, Weight and Bias"), ignoreFocusOut: true });
  return choice && { values: choice.value };
}
