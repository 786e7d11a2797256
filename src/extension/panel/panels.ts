import { RelativePattern, Uri, ViewColumn, window, workspace, type CustomDocument, type CustomReadonlyEditorProvider, type Disposable, type WebviewPanel } from "vscode";
import type { PanelRestore } from "../../shared/panel";
import { resultSuffix } from "../../shared/result";
import type { KnownResult } from "../results/result-store";
import { sayError } from "../say";
import { PageHost, type PageParts } from "./page-host";

const panelType = "normlens.panel";
const editorType = "normlens.result";

/** The panel, and the editors of result files, which show the same page. */
export class Panels implements Disposable {
  private readonly owned: Disposable[];
  private panel: { readonly view: WebviewPanel; readonly host: PageHost } | undefined;
  /** Every page, the one that was in front last at the end. */
  private readonly pages: { readonly view: WebviewPanel; readonly host: PageHost }[] = [];

  constructor(private readonly parts: PageParts) {
    this.owned = [
      window.registerWebviewPanelSerializer(panelType, {
        deserializeWebviewPanel: (view, state: unknown) => {
          // Where Show Panel came before the hidden tab of the last session, there is a panel already.
          if (this.panel !== undefined) view.dispose();
          else this.take(view, comparedIn(state, this.parts.results.known));
          return Promise.resolve();
        },
      }),
      window.registerCustomEditorProvider(editorType, this.editors(), { supportsMultipleEditorsPerDocument: true }),
    ];
  }

  /** Shows the panel: what runs, or the current result. */
  show(): Promise<void> {
    this.openPanel();
    return Promise.resolve();
  }

  /**
   * Makes a result current and shows it in the panel.
   * @throws UserError where it can't be read.
   */
  async showResult(uri: Uri): Promise<void> {
    await this.parts.results.use(uri);
    this.openPanel();
  }

  /** Shows a layer of the current result in the panel. */
  async showLayer(layer: string): Promise<void> {
    await this.openPanel().goTo(layer);
  }

  /** Shows a second result beside that of the page in front, or of the panel where none is in front. */
  async compare(uri: Uri): Promise<void> {
    const host = this.pages.findLast(({ view }) => view.active)?.host ?? this.openPanel();
    await host.compare(uri);
  }

  /** File of the result of the page in front; undefined where no page of ours is. */
  get activeResult(): Uri | undefined {
    return this.pages.findLast(({ view }) => view.active)?.host.result;
  }

  /** Whether the panel is in view. */
  get visible(): boolean {
    return this.panel?.view.visible === true;
  }

  /** Text of the page that was opened or shown last, read from the page itself. */
  async text(): Promise<string | undefined> {
    return this.pages.findLast(({ view }) => view.visible)?.host.text();
  }

  /** Milliseconds until the page that was opened last had painted. */
  get firstPaint(): number | undefined {
    return this.pages.at(-1)?.host.firstPaint;
  }

  dispose(): void {
    for (const each of this.owned) each.dispose();
    this.panel?.view.dispose();
  }

  private openPanel(): PageHost {
    if (this.panel !== undefined) {
      this.panel.view.reveal(undefined, true);
      return this.panel.host;
    }
    return this.take(window.createWebviewPanel(panelType, "NormLens", { viewColumn: window.activeTextEditor === undefined ? ViewColumn.Active : ViewColumn.Beside, preserveFocus: true }));
  }

  /** Takes a new or restored view for the panel. */
  private take(view: WebviewPanel, other?: Uri): PageHost {
    const host = this.wire(view, new PageHost(view, this.parts, undefined, other));
    this.panel = { view, host };
    view.onDidDispose(() => {
      if (this.panel?.view === view) this.panel = undefined;
    });
    return host;
  }

  private wire(view: WebviewPanel, host: PageHost): PageHost {
    view.iconPath = this.parts.icon;
    const page = { view, host };
    this.pages.push(page);
    const forget = () => { this.pages.splice(this.pages.indexOf(page), 1); };
    view.onDidChangeViewState(() => {
      if (!view.active) return;
      forget();
      this.pages.push(page);
    });
    view.onDidDispose(() => {
      forget();
      host.dispose();
    });
    return host;
  }

  /** Editors of result files: a document has nothing but its address, the page reads the file. */
  private editors(): CustomReadonlyEditorProvider {
    return {
      openCustomDocument: (uri): CustomDocument => ({ uri, dispose: () => undefined }),
      resolveCustomEditor: ({ uri }, view) => {
        const host = this.wire(view, new PageHost(view, this.parts, uri));
        // A path alone would be taken for a glob, and be watched within the workspace only.
        const watcher = workspace.createFileSystemWatcher(new RelativePattern(Uri.joinPath(uri, ".."), `*${resultSuffix}`));
        const reload = (changed: Uri) => {
          if (changed.toString() === uri.toString()) host.reload().catch((error: unknown) => sayError(error, this.parts.log));
        };
        watcher.onDidChange(reload);
        watcher.onDidCreate(reload);
        view.onDidDispose(() => { watcher.dispose(); });
      },
    };
  }
}

/** The result to compare with, of what a page kept for us; that may be of another version, or anything at all, and names no file but results. */
function comparedIn(state: unknown, known: readonly KnownResult[]): Uri | undefined {
  const restore = typeof state === "object" && state !== null && "restore" in state ? (state.restore as Partial<PanelRestore> | null) : undefined;
  if (restore?.version !== 1 || typeof restore.other !== "string") return undefined;
  try {
    const uri = Uri.parse(restore.other, true);
    const isResult = ["file", "vscode-remote"].includes(uri.scheme) && uri.path.endsWith(".json");
    return isResult || known.some((each) => each.uri.toString() === uri.toString()) ? uri : undefined;
  } catch {
    return undefined;
  }
}
