import { l10n, QuickPickItemKind, ThemeIcon, window, type QuickPickItem, type Uri } from "vscode";
import type { KnownResult, ResultStore } from "../results/result-store";

interface Choice extends QuickPickItem {
  readonly pick?: () => Promise<Uri | undefined>;
}

/** Asks for a result: one that the workspace knows, newest first, or another file. */
export async function pickResult(results: ResultStore, title: string, without?: Uri): Promise<Uri | undefined> {
  const known = results.known.filter(({ uri }) => uri.toString() !== without?.toString());
  if (known.length === 0) return browse(title);
  const choices: Choice[] = [
    ...known.map(itemOf),
    { label: "", kind: QuickPickItemKind.Separator },
    { label: l10n.t("Browse..."), iconPath: new ThemeIcon("folder-opened"), pick: () => browse(title) },
  ];
  const choice = await window.showQuickPick(choices, { title, matchOnDescription: true });
  return choice?.pick?.();
}

function itemOf({ uri, label, detail, time }: KnownResult): Choice {
  return { label, description: detail, detail: new Date(time).toLocaleString(), iconPath: new ThemeIcon("graph"), pick: () => Promise.resolve(uri) };
}

async function browse(title: string): Promise<Uri | undefined> {
  const [chosen] = (await window.showOpenDialog({ title, filters: { [l10n.t("NormLens results")]: ["normlens.json", "json"] } })) ?? [];
  return chosen;
}
