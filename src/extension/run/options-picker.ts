import { l10n, QuickPickItemKind, ThemeIcon, window, type Uri, type QuickPickItem } from "vscode";
import { formatCount } from "../../shared/format";
import type { InputChoice } from "../../shared/request";
import { settings } from "../settings";
import { nameOf, type AnalysisOptions } from "./analyze";

/** A checkpoint and how it is to be analysed. */
export interface ChosenAnalysis {
  readonly checkpoint: Uri;
  readonly options: AnalysisOptions;
}

interface Choice extends QuickPickItem {
  /** Asks for a new value; the analysis as it was where the user thinks better of it. */
  readonly edit?: () => Promise<ChosenAnalysis>;
  readonly starts?: true;
}

/**
 * One list of all options with their values: picking one edits it, "Start" ends it.
 * @returns undefined where the user leaves it.
 */
export async function pickOptions(first: ChosenAnalysis, pickCheckpoint: () => Promise<Uri | undefined>): Promise<ChosenAnalysis | undefined> {
  let chosen = first;
  for (;;) {
    const choice = await window.showQuickPick(choices(chosen, pickCheckpoint), { title: l10n.t("Analyze with Options"), placeHolder: l10n.t("Pick an option to change it, or start") });
    if (choice?.starts === true) return chosen;
    if (choice?.edit === undefined) return undefined;
    chosen = await choice.edit();
  }
}

function choices(chosen: ChosenAnalysis, pickCheckpoint: () => Promise<Uri | undefined>): Choice[] {
  const { checkpoint, options } = chosen;
  const withOptions = (changed: AnalysisOptions | undefined): ChosenAnalysis => ({ checkpoint, options: { ...options, ...changed } });
  const maxTokens = options.maxTokens ?? settings.maxTokens(checkpoint);
  const sequenceLength = options.sequenceLength ?? settings.sequenceLength(checkpoint);
  const skipFirst = options.skipFirst ?? settings.skipFirst(checkpoint);
  const seed = options.seed ?? settings.seed(checkpoint);
  return [
    { label: l10n.t("Start"), description: nameOf(checkpoint), iconPath: new ThemeIcon("play"), starts: true },
    { label: l10n.t("options"), kind: QuickPickItemKind.Separator },
    {
      label: l10n.t("Checkpoint"),
      description: checkpoint.fsPath,
      iconPath: new ThemeIcon("database"),
      edit: async () => ({ checkpoint: (await pickCheckpoint()) ?? checkpoint, options }),
    },
    {
      label: l10n.t("Input"),
      description: describeInput(options.input),
      iconPath: new ThemeIcon("list-flat"),
      edit: async () => {
        const input = await pickInput();
        return withOptions(input && { input });
      },
    },
    {
      label: l10n.t("Most tokens"),
      description: formatCount(maxTokens),
      iconPath: new ThemeIcon("symbol-number"),
      edit: async () => {
        const value = await askWholeNumber(l10n.t("Most tokens to feed; image patches count"), maxTokens, 1, 10_000_000);
        return withOptions(value === undefined ? undefined : { maxTokens: value });
      },
    },
    {
      label: l10n.t("Sequence length"),
      description: sequenceLength === 0 ? l10n.t("the model's own") : formatCount(sequenceLength),
      iconPath: new ThemeIcon("symbol-ruler"),
      edit: async () => {
        const value = await askWholeNumber(l10n.t("Tokens a sequence; 0 stands for the model's own, at most 1024"), sequenceLength, 0, 1_000_000);
        return withOptions(value === undefined ? undefined : { sequenceLength: value });
      },
    },
    {
      label: l10n.t("First positions"),
      description: skipFirst ? l10n.t("left out") : l10n.t("measured"),
      detail: l10n.t("The first position of a sequence often is an outlier."),
      iconPath: new ThemeIcon("debug-step-over"),
      edit: () => Promise.resolve(withOptions({ skipFirst: !skipFirst })),
    },
    {
      label: l10n.t("Seed"),
      description: String(seed),
      iconPath: new ThemeIcon("symbol-misc"),
      edit: async () => {
        const value = await askWholeNumber(l10n.t("Seed of everything random"), seed, 0, 2 ** 31 - 1);
        return withOptions(value === undefined ? undefined : { seed: value });
      },
    },
  ];
}

function describeInput(input: InputChoice | undefined): string {
  switch (input?.kind) {
    case undefined:
    case "default":
      return l10n.t("bundled text or images");
    case "random":
      return l10n.t("random");
    case "text":
    case "ids":
    case "images":
    case "audio":
      return input.path;
    case "tensors":
      return Object.values(input.files).join(", ");
  }
}

async function pickInput(): Promise<InputChoice | undefined> {
  const kinds: (QuickPickItem & { readonly pick: () => Promise<InputChoice | undefined> })[] = [
    { label: l10n.t("Bundled text or images"), description: l10n.t("what suits the model"), pick: () => Promise.resolve({ kind: "default" }) },
    { label: l10n.t("Text file..."), description: l10n.t("by the model's own tokenizer"), pick: () => browse("text", { [l10n.t("Text")]: ["txt", "md", "json", "py"], [l10n.t("All Files")]: ["*"] }) },
    { label: l10n.t("Token ids..."), description: ".npy, .json", pick: () => browse("ids", { [l10n.t("Token ids")]: ["npy", "json"] }) },
    { label: l10n.t("Folder of images..."), description: l10n.t("PNG and JPEG, by the model's own preprocessor"), pick: () => browse("images") },
    { label: l10n.t("Folder of recordings..."), description: l10n.t("WAV files of 16 kHz"), pick: () => browse("audio") },
    { label: l10n.t("Random"), description: l10n.t("these alphas do not describe real use"), pick: () => Promise.resolve({ kind: "random" }) },
  ];
  const chosen = await window.showQuickPick(kinds, { title: l10n.t("Input") });
  return chosen?.pick();
}

async function browse(kind: "text" | "ids" | "images" | "audio", filters?: Record<string, string[]>): Promise<InputChoice | undefined> {
  const folder = kind === "images" || kind === "audio";
  const [chosen] = (await window.showOpenDialog({ canSelectFiles: !folder, canSelectFolders: folder, ...(filters && { filters }) })) ?? [];
  return chosen && { kind, path: chosen.fsPath };
}

async function askWholeNumber(prompt: string, value: number, lowest: number, highest: number): Promise<number | undefined> {
  const text = await window.showInputBox({
    prompt,
    value: String(value),
    validateInput: (typed) => {
      const number = Number(typed);
      const fits = typed.trim() !== "" && Number.isInteger(number) && number >= lowest && number <= highest;
      return fits ? undefined : l10n.t("A whole number from {0} to {1}.", formatCount(lowest), formatCount(highest));
    },
  });
  return text === undefined ? undefined : Number(text);
}
