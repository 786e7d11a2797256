import { l10n, QuickPickItemKind, type QuickPickItem } from "vscode";
import { admits, engineLabel, sameEngine, type EngineName, type EngineStatus } from "../../shared/engines";
import { printable } from "../../shared/format";
import { anyEngine } from "./engine-wish";
import { factsOf } from "./survey";

/** A line of the list of engines; a separator picks nothing. */
export interface EngineItem extends QuickPickItem {
  /** True where it is the one that is set. */
  readonly isSet?: boolean;
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
  const set = engineSet(wished, [...working, ...others]);
  return [
    automatic(whatAutomaticTakes(working), set),
    ...group(l10n.t("on this machine"), working.map((status) => workingItem(status, set))),
    ...group(l10n.t("not on this machine"), others.map((status) => missingItem(status, set))),
  ];
}

/** The engine that is set: of a wish that names only a runtime or only a device, the first that it admits. */
function engineSet(wished: EngineName, engines: readonly EngineName[]): EngineName {
  if (sameEngine(wished, anyEngine)) return wished;
  return engines.find((engine) => admits(wished, engine)) ?? wished;
}

function automatic(detail: string, set: EngineName): EngineItem {
  return { label: l10n.t("Automatic"), ...marked(anyEngine, set), detail, picks: { engine: anyEngine, works: true } };
}

function whatAutomaticTakes([fastest]: readonly EngineStatus[]): string {
  return fastest === undefined ? l10n.t("Nothing works on this machine") : l10n.t("Takes {0}, the fastest that works here", engineLabel(fastest));
}

function workingItem(status: EngineStatus, set: EngineName): EngineItem {
  return { label: engineLabel(status), ...marked(status, set, factsOf(status)), picks: { engine: status, works: true } };
}

function missingItem(status: EngineStatus, set: EngineName): EngineItem {
  const reason = printable(status.reason ?? l10n.t("it does not say why"));
  return { label: engineLabel(status), ...marked(status, set), detail: reason, picks: { engine: status, works: false, reason } };
}

/** What an engine showed, and a tick where it is the one that is set. */
function marked(engine: EngineName, set: EngineName, facts: readonly string[] = []): Pick<EngineItem, "description" | "isSet"> {
  const isSet = sameEngine(engine, set);
  return { isSet, description: [...facts.map(printable), ...(isSet ? [`$(check) ${l10n.t("set now")}`] : [])].join(" · ") };
}


function group(label: string, items: readonly EngineItem[]): EngineItem[] {
  return items.length === 0 ? [] : [{ label, kind: QuickPickItemKind.Separator }, ...items];
}
