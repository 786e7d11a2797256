import { CodeAction, CodeActionKind, l10n, WorkspaceEdit, type CodeActionProvider, type Range, type TextDocument } from "vscode";
import { formatNumber } from "../../shared/format";
import type { Intent } from "../../shared/intent";
import { isElementWise } from "../../shared/norm";
import type { LayerResult } from "../../shared/result";
import type { SourceEdit } from "../../source/norm-site";
import type { IntentStore } from "../intent-store";
import { settings } from "../settings";
import { alphaRange, trainedOf, type AlphaRange } from "./layer-words";
import { siteAt, type MatchedSite, type NormLines } from "./norm-lines";
import type { PythonNorms } from "./python-norms";
import { rangeOf } from "./range-of";
import { shownAlphas } from "./start-words";

/** Where source creates layers of the current result: "Replace with DyT (alpha ...)" for norms, "Start from alpha ..." for what is a DyT already. */
export class DytActionProvider implements CodeActionProvider {
  static readonly kinds = [CodeActionKind.RefactorRewrite];

  constructor(
    private readonly lines: NormLines,
    private readonly norms: PythonNorms,
    private readonly intent: IntentStore,
  ) {}

  async provideCodeActions(document: TextDocument, range: Range): Promise<CodeAction[]> {
    const matched = await this.lines.matched(document);
    const found = matched && (siteAt(matched.sites, range.start) ?? onLine(matched.sites, range.start.line));
    if (found === undefined) return [];
    const { kind } = found.site;
    return kind !== undefined && isElementWise(kind) ? this.startAlpha(document, found) : this.replacement(document, found);
  }

  private async replacement(document: TextDocument, found: MatchedSite): Promise<CodeAction[]> {
    const alphas = alphaRange(found.layers, this.intent.value);
    if (alphas === undefined) return [];
    const edits = await this.norms.replacement(document, found.site, alphas.median, settings.dytImport(document));
    if (edits === undefined) return [];
    return [rewrite(document, title(found.layers, alphas, this.intent.value), edits)];
  }

  /** Writes the alpha into the call, unless it says the same already. */
  private async startAlpha(document: TextDocument, { site, layers }: MatchedSite): Promise<CodeAction[]> {
    const alphas = shownAlphas(layers, this.intent.value);
    const edit = alphas && (await this.norms.startAlpha(document, site, alphas.median));
    if (alphas === undefined || edit === undefined || document.getText(rangeOf(edit.span)) === edit.text) return [];
    return [rewrite(document, startTitle(layers, alphas, this.intent.value), [edit])];
  }
}

function rewrite(document: TextDocument, name: string, edits: readonly SourceEdit[]): CodeAction {
  const action = new CodeAction(name, CodeActionKind.RefactorRewrite);
  action.edit = new WorkspaceEdit();
  for (const { span, text } of edits) action.edit.replace(document.uri, rangeOf(span), text);
  return action;
}

/** The first site that begins on a line, wherever the cursor is in it. */
function onLine(sites: readonly MatchedSite[], line: number): MatchedSite | undefined {
  return sites.find(({ site }) => site.span.start.line === line);
}

function startTitle(layers: readonly LayerResult[], { low, median, high }: AlphaRange, intent: Intent): string {
  const alpha = formatNumber(median);
  if (trainedOf(layers) === undefined && intent === "scratch") return l10n.t("Start from the scratch alpha {0}", alpha);
  const what = trainedOf(layers) === undefined ? l10n.t("Start from alpha {0}", alpha) : l10n.t("Start from the trained alpha {0}", alpha);
  return low === high ? what : l10n.t("{0}, the median of {1} layers", what, layers.length);
}

function title(layers: readonly LayerResult[], { low, median, high }: AlphaRange, intent: Intent): string {
  const alpha = formatNumber(median);
  if (intent === "scratch") return l10n.t("Replace with DyT (scratch alpha {0})", alpha);
  return low === high ? l10n.t("Replace with DyT (alpha {0})", alpha) : l10n.t("Replace with DyT (alpha {0}, the median of {1} layers)", alpha, layers.length);
}
