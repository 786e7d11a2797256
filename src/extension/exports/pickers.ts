import { l10n, ThemeIcon, window, type QuickPickItem } from "vscode";
import type { ExportFormat } from "../../export/format";

/** Where an export goes. */
export const destinations = ["file", "clipboard", "editor"] as const;
export type Destination = (typeof destinations)[number];

/** Texts of no more lines than this are told in the picker. */
const fewLines = 3;

interface Choice<Value> extends QuickPickItem {
  readonly value: Value;
}

/** Asks for a format; that of last time comes first. */
export async function pickFormat(formats: readonly ExportFormat[], last: string | undefined): Promise<ExportFormat | undefined> {
  const choices = formats.map((format): Choice<ExportFormat> => ({ label: format.name, description: format.description, value: format }));
  return pick(choices, ({ name }) => name === last, l10n.t("Export Alphas: Format"));
}

/** Asks where an export should go; the place of last time comes first. A short text is in sight meanwhile: the picker hides the first lines of an editor. */
export async function pickDestination(content: string | Uint8Array, format: string, last: Destination | undefined): Promise<Destination | undefined> {
  const looks: Record<Destination, { readonly label: string; readonly icon: string }> = {
    file: { label: l10n.t("Save to File..."), icon: "save" },
    clipboard: { label: l10n.t("Copy to Clipboard"), icon: "copy" },
    editor: { label: l10n.t("Open in New Editor"), icon: "new-file" },
  };
  const choices = destinationsFor(content).map((value): Choice<Destination> => ({ label: looks[value].label, iconPath: new ThemeIcon(looks[value].icon), value }));
  return pick(choices, (value) => value === last, l10n.t("Export Alphas: {0}", format), shortText(content));
}

/** A text of few lines, in one. */
function shortText(content: string | Uint8Array): string | undefined {
  const lines = typeof content === "string" ? content.trim().split("\n") : [];
  return lines.length <= fewLines ? lines.join("  ") : undefined;
}

/** Everything for texts; bytes go to files only. */
function destinationsFor(content: string | Uint8Array): readonly Destination[] {
  return typeof content === "string" ? destinations : ["file"];
}

async function pick<Value>(choices: readonly Choice<Value>[], isLast: (value: Value) => boolean, title: string, placeHolder = ""): Promise<Value | undefined> {
  const last = choices.filter(({ value }) => isLast(value)).map((choice) => ({ ...choice, description: [choice.description, l10n.t("last used")].filter(Boolean).join(" · ") }));
  const others = choices.filter(({ value }) => !isLast(value));
  const choice = await window.showQuickPick([...last, ...others], { title, placeHolder, matchOnDescription: true, ignoreFocusOut: true });
  return choice?.value;
}
