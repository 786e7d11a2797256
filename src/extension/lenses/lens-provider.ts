import { CodeLens, EventEmitter, l10n, Range, workspace, type CancellationToken, type CodeLensProvider, type Disposable, type TextDocument } from "vscode";
import { printable } from "../../shared/format";
import type { RunState } from "../../shared/panel";
import type { Result } from "../../shared/result";
import type { Parts } from "../parts";
import { labelOf } from "../results/result-store";
import { settings } from "../settings";
import { lensText } from "./layer-words";
import { shownAlphas, startText } from "./start-words";
import { byLine, type NormLine, type NormLines } from "./norm-lines";

/** A lens that knows its layers, and the result that they are of; its text is made when it comes into view. */
class NormLens extends CodeLens {
  constructor(readonly line: NormLine, readonly result?: Result) {
    super(new Range(line.line, line.column, line.line, line.column));
  }
}

/** Alphas above the norm layers of Python source. Lenses come and go with results and settings only; typing moves them with their lines. */
export class NormLensProvider implements CodeLensProvider<NormLens>, Disposable {
  private readonly changes = new EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changes.event;
  private readonly owned: Disposable[];
  private runKind: RunState["kind"];

  constructor(
    private readonly lines: NormLines,
    private readonly parts: Parts,
  ) {
    const { results, intent, runner } = parts;
    const changed = () => { this.changes.fire(); };
    this.runKind = runner.state.kind;
    this.owned = [
      this.changes,
      results.onDidChange(changed),
      intent.onDidChange(changed),
      workspace.onDidGrantWorkspaceTrust(changed),
      workspace.onDidChangeConfiguration((change) => { if (change.affectsConfiguration("normlens.codeLens")) changed(); }),
      runner.onDidChange(({ kind }) => {
        if (kind === this.runKind) return;
        this.runKind = kind;
        if (!lines.hasResult) changed();
      }),
    ];
  }

  async provideCodeLenses(document: TextDocument, token: CancellationToken): Promise<NormLens[]> {
    if (!settings.codeLensEnabled(document)) return [];
    const lenses = this.lines.hasResult ? await this.withLayers(document) : await this.offering(document);
    return token.isCancellationRequested ? [] : lenses;
  }

  resolveCodeLens(lens: NormLens): NormLens {
    const { line: { layers, starts }, result } = lens;
    const { intent, runner } = this.parts;
    const [layer] = layers;
    if (layer === undefined || result === undefined) {
      const title = runner.state.kind === "running" ? l10n.t("NormLens: analysing...") : l10n.t("NormLens: analyze...");
      lens.command = { command: runner.state.kind === "running" ? "normlens.showPanel" : "normlens.analyzeCheckpoint", title };
      return lens;
    }
    const start = startText(starts, shownAlphas(layers, intent.value));
    const title = [lensText(layers, intent.value, result), ...(start === undefined ? [] : [start])].join(" · ");
    const of = printable(labelOf(result));
    lens.command =
      layers.length === 1
        ? { command: "normlens.showLayer", title, tooltip: l10n.t("{0} of {1}: show it in the panel", printable(layer.name), of), arguments: [layer.name] }
        : { command: "normlens.showLensLayers", title, tooltip: l10n.t("{0} layers of {1}: list them", layers.length, of), arguments: [layers.map(({ name }) => name)] };
    return lens;
  }

  dispose(): void {
    for (const each of this.owned) each.dispose();
  }

  private async withLayers(document: TextDocument): Promise<NormLens[]> {
    const matched = await this.lines.matched(document);
    return matched === undefined ? [] : byLine(matched.sites).map((line) => new NormLens(line, matched.result));
  }

  /** Lenses that offer an analysis, where the setting asks for them. */
  private async offering(document: TextDocument): Promise<NormLens[]> {
    if (!settings.codeLensWithoutResult(document) || !workspace.isTrusted) return [];
    return (await this.lines.all(document)).map((line) => new NormLens(line));
  }
}
