import { l10n, QuickPickItemKind, ThemeIcon, type QuickPickItem } from "vscode";
import { engineLabel, type EngineName, type EngineStatus } from "../../shared/engines";
import { formatCount, printable } from "../../shared/format";
import { anyEngine } from "./engine-wish";
import { factsOf } from "./survey";

/** A line of the list of engines; a separator picks nothing. */
export interface EngineItem extends QuickPickItem {
  readonly picks?: { readonly engine: EngineName; readonly works: true } | { readonly engine: EngineName; readonly works: false; readonly reason: string };
}

/** What can be picked while the engines are still being tried. */
export function itemsBefore(wished: EngineName): EngineItem[] {
  return [automatic(l10n.t("The fastest that works on this machine"), wished)];
}

/**
 * All engines: any, those that work, fastest first, and those that do not.
 * @param wished the engine that is set now.
 */
export function engineItems(statuses: readonly EngineStatus[], wished: EngineName): EngineItem[] {
  const working = statuses.filter(({ available }) => available).sort((a, b) => (b.gigaflops ?? 0) - (a.gigaflops ?? 0));
  const others = statuses.filter(({ available }) => !available);
  return [
    automatic(whatAutomaticTakes(working), wished),
    ...group(l10n.t("on this machine"), working.map((status) => workingItem(status, wished))),
    ...group(l10n.t("not on this machine"), others.map((status) => missingItem(status, wished))),
  ];
}

function automatic(detail: string, wished: EngineName): EngineItem {
  return { label: l10n.t("Automatic"), ...marked(anyEngine, wished), detail, picks: { engine: anyEngine, works: true } };
}

function whatAutomaticTakes([fastest, ...slower]: readonly EngineStatus[]): string {
  if (fastest === undefined) return l10n.t("Nothing works on this machine");
  const label = engineLabel(fastest);
  return slower.length === 0 ? l10n.t("Takes {0}, the only one that works here", label) : l10n.t("Takes {0}, the fastest of {1} that work here", label, formatCount(slower.length + 1));
}

function workingItem(status: EngineStatus, wished: EngineName): EngineItem {
  return { label: engineLabel(status), ...marked(status, wished, printable(factsOf(status).join(", "))), picks: { engine: status, works: true } };
}

function missingItem(status: EngineStatus, wished: EngineName): EngineItem {
  const reason = printable(status.reason ?? l10n.t("it does not say why"));
  return { label: engineLabel(status), ...marked(status, wished), detail: reason, picks: { engine: status, works: false, reason } };
}

/** The engine that is set has a tick, whatever else is said of it; the others keep its place free. */
function marked({ runtime, device }: EngineName, wished: EngineName, facts = ""): Pick<EngineItem, "iconPath" | "description"> {
  const isSet = runtime === wished.runtime && device === wished.device;
  return { iconPath: new ThemeIcon(isSet ? "check" : "blank"), description: [facts, isSet ? l10n.t("set now") : ""].filter((part) => part !== "").join(" · ") };
}

function group(label: string, items: readonly EngineItem[]): EngineItem[] {
  return items.length === 0 ? [] : [{ label, kind: QuickPickItemKind.Separator }, ...items];
}
