import { env, l10n, languages, Uri, window, workspace, type Memento, type TextDocument } from "vscode";
import { UserError } from "../../shared/errors";
import { fileNameFrom } from "../../shared/file-name";
import { resultSuffix, type Result } from "../../shared/result";
import { weightsPathOf } from "../../shared/weights-path";
import type { ExportFormat } from "../../export/format";
import type { IntentStore } from "../intent-store";
import { labelOf, type ResultStore } from "../results/result-store";
import { pickDestination, pickFormat, type Destination } from "./pickers";
import { sayWritten } from "../say";
import type { Previews } from "./previews";

/** What an export needs of the extension. */
export interface ExportParts {
  readonly results: ResultStore;
  readonly intent: IntentStore;
  readonly memory: Memento;
  readonly previews: Previews;
}

/** The choice of last time. */
interface Remembered {
  readonly format?: string;
  readonly destination?: Destination;
}

const memento = "normlens.export";
/** Texts longer than this are not shown before they are saved: a page of 1 MB is nothing to read. */
const longestPreview = 200_000;

/**
 * Exports the alphas of a result: asks for the format where none is given, shows the text, and asks where it should go.
 * @throws UserError where the result, or the file beside it, can't be exported.
 */
export async function exportAlphas(parts: ExportParts, uri: Uri, formatName?: string): Promise<void> {
  const { results, intent, memory } = parts;
  const { exportFormats } = await import("../../export/exports");
  const result = await results.load(uri);
  const before = memory.get<Remembered>(memento, {});
  const format = exportFormats.find(({ name }) => name === formatName) ?? (await pickFormat(exportFormats, before.format));
  if (format === undefined) return;
  const content = format.export(result, { intent: intent.value, ...(format.needsWeights && (await weightsBeside(uri))) });
  const destination = await withPreview(parts, content, fileNameOf(result, format), () => pickDestination(content, format.name, before.destination));
  if (destination === undefined) return;
  await memory.update(memento, { format: format.name, destination } satisfies Remembered);
  await deliver(content, destination, fileNameOf(result, format), uri);
}

async function weightsBeside(uri: Uri): Promise<{ readonly weights?: Uint8Array; readonly weightsPath: string }> {
  const file = uri.with({ path: weightsPathOf(uri.path) });
  const weightsPath = file.fsPath;
  try {
    return { weights: await workspace.fs.readFile(file), weightsPath };
  } catch {
    // The format says what it lacks, with the path.
    return { weightsPath };
  }
}

/** Shows a text read-only while it is asked where it should go. */
async function withPreview<Answer>({ previews }: ExportParts, content: string | Uint8Array, name: string, ask: () => Promise<Answer>): Promise<Answer> {
  if (typeof content !== "string" || content.length > longestPreview) return ask();
  const uri = previews.hold(name, content);
  const document = await workspace.openTextDocument(uri);
  await window.showTextDocument(document, { preview: true, preserveFocus: true });
  try {
    return await ask();
  } finally {
    previews.release(uri);
    await closePreview(document);
  }
}

async function closePreview(document: TextDocument): Promise<void> {
  const tabs = window.tabGroups.all.flatMap((group) => group.tabs);
  const tab = tabs.find(({ input }) => typeof input === "object" && input !== null && "uri" in input && String(input.uri) === document.uri.toString());
  if (tab !== undefined) await window.tabGroups.close(tab, true);
}

async function deliver(content: string | Uint8Array, destination: Destination, name: string, source: Uri): Promise<void> {
  switch (destination) {
    case "clipboard":
      await env.clipboard.writeText(textOf(content));
      window.setStatusBarMessage(l10n.t("$(check) Alphas copied"), 3000);
      return;
    case "editor": {
      const language = (await languages.getLanguages()).find((each) => each === languageOf(name));
      await window.showTextDocument(await workspace.openTextDocument({ content: textOf(content), ...(language !== undefined && { language }) }));
      return;
    }
    case "file":
      return saveAs(content, name, source);
  }
}

async function saveAs(content: string | Uint8Array, name: string, source: Uri): Promise<void> {
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const target = await window.showSaveDialog({ title: l10n.t("Export Alphas"), ...(folder !== undefined && { defaultUri: Uri.joinPath(folder, name) }) });
  if (target === undefined) return;
  if ([source.path, weightsPathOf(source.path)].includes(target.path)) throw new UserError(l10n.t("The export would overwrite the result it is made of: choose another name."));
  await workspace.fs.writeFile(target, typeof content === "string" ? new TextEncoder().encode(content) : content);
  void sayWritten(target);
}

function textOf(content: string | Uint8Array): string {
  return typeof content === "string" ? content : new TextDecoder().decode(content);
}

function fileNameOf(result: Result, { extension }: ExportFormat): string {
  return `${fileNameFrom(labelOf(result).replace(resultSuffix, ""))}${extension}`;
}

function languageOf(name: string): string | undefined {
  const ending = name.split(".").at(-1) ?? "";
  return { json: "json", yaml: "yaml", csv: "csv", md: "markdown", py: "python", html: "html", txt: "plaintext" }[ending];
}
