import { ViewColumn, window, workspace, type CustomDocument, type CustomReadonlyEditorProvider, type Disposable, type Uri, type WebviewPanel } from "vscode";
import type { PanelRestore } from "../../shared/panel";
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
          this.take(view, restoreOf(state));
          return Promise.resolve();
        },
      }),
      window.registerCustomEditorProvider(editorType, this.editors(), { supportsMultipleEditorsPerDocument: true }),
    ];
  }

  /** Shows the panel: what runs, or the current result. */
  async show(): Promise<void> {
    await this.openPanel();
  }

  /**
   * Makes a result current and shows it in the panel.
   * @throws UserError where it can't be read.
   */
  async showResult(uri: Uri): Promise<void> {
    await this.parts.results.use(uri);
    const host = await this.openPanel();
    await host.show(uri);
  }

  /** Shows a layer of the current result in the panel. */
  async showLayer(layer: string): Promise<void> {
    const current = this.parts.results.currentUri;
    const host = await this.openPanel();
    if (current !== undefined && host.result?.toString() !== current.toString()) await host.show(current);
    host.goTo(layer);
  }

  /** Shows a second result beside that of the page in front, or of the panel where none is in front. */
  async compare(uri: Uri): Promise<void> {
    const host = this.pages.findLast(({ view }) => view.active)?.host ?? (await this.openPanel());
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

  private openPanel(): Promise<PageHost> {
    if (this.panel !== undefined) {
      this.panel.view.reveal(undefined, true);
      return Promise.resolve(this.panel.host);
    }
    const view = window.createWebviewPanel(panelType, "NormLens", { viewColumn: window.activeTextEditor === undefined ? ViewColumn.Active : ViewColumn.Beside, preserveFocus: true });
    const main = this.parts.results.currentUri?.toString();
    return Promise.resolve(this.take(view, { version: 1, ...(main !== undefined && { main }) }));
  }

  /** Takes a new or restored view for the panel. */
  private take(view: WebviewPanel, restore: PanelRestore): PageHost {
    const host = this.wire(view, true, restore);
    this.panel = { view, host };
    view.onDidDispose(() => { this.panel = undefined; });
    return host;
  }

  private wire(view: WebviewPanel, follows: boolean, restore: PanelRestore): PageHost {
    view.iconPath = this.parts.icon;
    const host = new PageHost(view, this.parts, follows, restore);
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
        const host = this.wire(view, false, { version: 1, main: uri.toString() });
        const watcher = workspace.createFileSystemWatcher(uri.fsPath);
        const reload = () => { host.reload().catch((error: unknown) => sayError(error, this.parts.log)); };
        watcher.onDidChange(reload);
        watcher.onDidCreate(reload);
        view.onDidDispose(() => { watcher.dispose(); });
      },
    };
  }
}

/** What a page kept for us; it may be of another version, or anything at all. */
function restoreOf(state: unknown): PanelRestore {
  const restore = typeof state === "object" && state !== null && "restore" in state ? state.restore : undefined;
  if (typeof restore !== "object" || restore === null || !("version" in restore) || restore.version !== 1) return { version: 1 };
  const { main, other } = restore as Record<string, unknown>;
  return { version: 1, ...(typeof main === "string" && { main }), ...(typeof other === "string" && { other }) };
}
