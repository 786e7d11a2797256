import { CodeLens, EventEmitter, l10n, Range, workspace, type CancellationToken, type CodeLensProvider, type Disposable, type TextDocument } from "vscode";
import type { RunState } from "../../shared/panel";
import type { LayerResult } from "../../shared/result";
import type { Parts } from "../parts";
import { settings } from "../settings";
import { lensText } from "./layer-words";
import type { NormLine, NormLines } from "./norm-lines";

/** A lens that knows its layers; its text is made when it comes into view. */
class NormLens extends CodeLens {
  constructor(line: NormLine, readonly layers: readonly LayerResult[]) {
    super(new Range(line.line, line.site.span.start.column, line.line, line.site.span.start.column));
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
    const offersAnalysis = settings.codeLensWithoutResult(document) && workspace.isTrusted;
    if (!this.lines.hasResult && !offersAnalysis) return [];
    const lines = this.lines.hasResult ? await this.lines.withLayers(document) : await this.lines.all(document);
    return token.isCancellationRequested ? [] : lines.map((line) => new NormLens(line, line.layers));
  }

  resolveCodeLens(lens: NormLens): NormLens {
    const { layers } = lens;
    const { intent, runner } = this.parts;
    const [layer] = layers;
    if (layer === undefined) {
      const title = runner.state.kind === "running" ? l10n.t("NormLens: analysing...") : l10n.t("NormLens: analyze...");
      lens.command = { command: runner.state.kind === "running" ? "normlens.showPanel" : "normlens.analyzeCheckpoint", title };
    } else if (layers.length === 1) {
      lens.command = { command: "normlens.showLayer", title: lensText(layers, intent.value), tooltip: l10n.t("Show {0} in the panel", layer.name), arguments: [layer.name] };
    } else {
      lens.command = { command: "normlens.showLensLayers", title: lensText(layers, intent.value), tooltip: l10n.t("List these layers"), arguments: [layers.map(({ name }) => name)] };
    }
    return lens;
  }

  dispose(): void {
    for (const each of this.owned) each.dispose();
  }
}
