import { CodeAction, CodeActionKind, l10n, WorkspaceEdit, type CodeActionProvider, type Range, type TextDocument } from "vscode";
import { formatNumber } from "../../shared/format";
import type { Intent } from "../../shared/intent";
import type { LayerResult } from "../../shared/result";
import type { IntentStore } from "../intent-store";
import { settings } from "../settings";
import { alphaRange, type AlphaRange } from "./layer-words";
import { siteAt, type MatchedSite, type NormLines } from "./norm-lines";
import type { PythonNorms } from "./python-norms";
import { rangeOf } from "./range-of";

/** "Replace with DyT (alpha ...)" where source creates norm layers of the current result. */
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
    const alphas = found && alphaRange(found.layers, this.intent.value);
    if (found === undefined || alphas === undefined) return [];
    const edits = await this.norms.replacement(document, found.site, alphas.median, settings.dytImport(document));
    if (edits === undefined) return [];
    const action = new CodeAction(title(found.layers, alphas, this.intent.value), CodeActionKind.RefactorRewrite);
    action.edit = new WorkspaceEdit();
    for (const { span, text } of edits) action.edit.replace(document.uri, rangeOf(span), text);
    return [action];
  }
}

/** The first site that begins on a line, wherever the cursor is in it. */
function onLine(sites: readonly MatchedSite[], line: number): MatchedSite | undefined {
  return sites.find(({ site }) => site.span.start.line === line);
}

function title(layers: readonly LayerResult[], { low, median, high }: AlphaRange, intent: Intent): string {
  const alpha = formatNumber(median);
  if (intent === "scratch") return l10n.t("Replace with DyT (scratch alpha {0})", alpha);
  return low === high ? l10n.t("Replace with DyT (alpha {0})", alpha) : l10n.t("Replace with DyT (alpha {0}, the median of {1} layers)", alpha, layers.length);
}
