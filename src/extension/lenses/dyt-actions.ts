import { CodeAction, CodeActionKind, l10n, Position, Range, WorkspaceEdit, type CodeActionProvider, type TextDocument } from "vscode";
import { formatNumber } from "../../shared/format";
import type { SourceSpan } from "../../source/norm-site";
import type { IntentStore } from "../intent-store";
import { settings } from "../settings";
import { alphaRange } from "./layer-words";
import type { NormLines } from "./norm-lines";
import type { PythonNorms } from "./python-norms";

/** Significant digits of an alpha in source. */
const digits = 4;

/** "Replace with DyT (alpha ...)" on lines that create norm layers of the current result. */
export class DytActionProvider implements CodeActionProvider {
  static readonly kinds = [CodeActionKind.RefactorRewrite];

  constructor(
    private readonly lines: NormLines,
    private readonly norms: PythonNorms,
    private readonly intent: IntentStore,
  ) {}

  async provideCodeActions(document: TextDocument, range: Range): Promise<CodeAction[]> {
    const line = (await this.lines.withLayers(document)).find((each) => each.line >= range.start.line && each.line <= range.end.line);
    const alphas = line && alphaRange(line.layers, this.intent.value);
    if (line === undefined || alphas === undefined) return [];
    const alpha = Number(alphas.median.toPrecision(digits));
    const edits = await this.norms.replacement(document, line.site, alpha, settings.dytImport(document));
    if (edits === undefined) return [];
    const several = line.layers.length > 1 && alphas.low !== alphas.high;
    const title = several ? l10n.t("Replace with DyT (alpha {0}, the median of {1} layers)", formatNumber(alpha), line.layers.length) : l10n.t("Replace with DyT (alpha {0})", formatNumber(alpha));
    const action = new CodeAction(title, CodeActionKind.RefactorRewrite);
    action.edit = new WorkspaceEdit();
    for (const { span, text } of edits) action.edit.replace(document.uri, rangeOf(span), text);
    return [action];
  }
}

/** A span of source as the editor's range. */
export function rangeOf({ start, end }: SourceSpan): Range {
  return new Range(new Position(start.line, start.column), new Position(end.line, end.column));
}
