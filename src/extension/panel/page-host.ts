import { commands, env, l10n, Uri, window, workspace, type Disposable, type WebviewPanel } from "vscode";
import { messageOf, UserError } from "../../shared/errors";
import type { PanelAction, PanelRestore, PanelState, PanelUpdate, ShownResult } from "../../shared/panel";
import { intents } from "../../shared/intent";
import type { Parts } from "../parts";
import { labelOf } from "../results/result-store";
import { sayError, sayWritten } from "../say";
import { pageFolder, pageMarkup } from "./page-markup";

/** What a page needs of the extension. */
export type PageParts = Omit<Parts, "panels">;

/** Pictures larger than this are no chart of ours: 64 MB as base64. */
const largestPicture = 64_000_000;
/** How long a page has to tell its text. */
const patience = 5000;

/** Wires one page to what it shows: the results, the runner, the workspace. The truth is here; the page asks for it with `ready`. */
export class PageHost implements Disposable {
  private readonly owned: Disposable[] = [];
  private main: Uri | undefined;
  private other: Uri | undefined;
  private error: string | undefined;
  private listening = false;
  private waitingForText: ((text: string) => void)[] = [];
  /** Layer to go to when the page is there. */
  private wanted: string | undefined;
  private painted: number | undefined;
  private disposed = false;

  /** @param follows whether the page shows the current result, whichever that is; an editor's page shows its own file's */
  constructor(
    private readonly panel: WebviewPanel,
    private readonly parts: PageParts,
    private readonly follows: boolean,
    restore: PanelRestore,
  ) {
    const { results, runner, intent, source, context } = parts;
    this.main = restore.main === undefined ? undefined : Uri.parse(restore.main);
    this.other = restore.other === undefined ? undefined : Uri.parse(restore.other);
    panel.webview.options = { enableScripts: true, localResourceRoots: [pageFolder(context.extensionUri)] };
    const tell = () => { this.tellState(); };
    this.owned.push(
      panel.webview.onDidReceiveMessage((action: PanelAction) => {
        this.act(action).catch((error: unknown) => sayError(error, parts.log));
      }),
      panel.onDidChangeViewState(() => {
        // A hidden page is torn down; the new one asks again.
        if (!panel.visible) this.listening = false;
      }),
      results.onDidChange(tell),
      runner.onDidChange(tell),
      intent.onDidChange(tell),
      source.onDidChange(tell),
      workspace.onDidGrantWorkspaceTrust(tell),
    );
    panel.webview.html = pageMarkup(panel.webview, context.extensionUri);
  }

  /** File of the result that the page shows. */
  get result(): Uri | undefined {
    return this.main;
  }

  /** Milliseconds until the page had painted. */
  get firstPaint(): number | undefined {
    return this.painted;
  }

  /** Shows a result. */
  async show(main: Uri | undefined): Promise<void> {
    this.main = main;
    this.error = undefined;
    await this.tellResult("main");
    this.tellState();
  }

  /** Reads the shown file again, since it has changed. */
  async reload(): Promise<void> {
    if (this.main !== undefined) this.parts.results.forget(this.main);
    await this.show(this.main);
  }

  /** Shows a second result beside the first. */
  async compare(other: Uri | undefined): Promise<void> {
    this.other = other;
    this.error = undefined;
    await this.tellResult("other");
    this.tellState();
  }

  /** Shows a layer, at once or when the page is there. */
  goTo(layer: string): void {
    this.wanted = layer;
    this.tellWanted();
  }

  /** The text of the page. */
  async text(): Promise<string | undefined> {
    if (!this.listening) return undefined;
    return new Promise((resolve) => {
      const late = setTimeout(() => { resolve(undefined); }, patience);
      this.waitingForText.push((text) => {
        clearTimeout(late);
        resolve(text);
      });
      this.post({ type: "readText" });
    });
  }

  dispose(): void {
    this.disposed = true;
    this.listening = false;
    for (const each of this.owned) each.dispose();
  }

  private async act(action: PanelAction): Promise<void> {
    const { results, runner, intent, source, log } = this.parts;
    switch (action.type) {
      case "ready":
        this.listening = true;
        // First, so that the page knows what it waits for.
        this.tellState();
        await this.tellResult("main");
        await this.tellResult("other");
        this.tellWanted();
        return;
      case "analyze":
        await commands.executeCommand({ checkpoint: "normlens.analyzeCheckpoint", options: "normlens.analyzeWithOptions", sample: "normlens.analyzeSample" }[action.what]);
        return;
      case "stop":
        return runner.stop();
      case "open":
        await commands.executeCommand("normlens.openResult", action.uri === undefined ? undefined : this.offered(action.uri));
        return;
      case "compare":
        await commands.executeCommand("normlens.compareWithResult", action.uri === undefined ? undefined : this.offered(action.uri));
        return;
      case "stopComparing":
        return this.compare(undefined);
      case "setIntent":
        if (intents.includes(action.intent)) await intent.set(action.intent);
        return;
      case "goToSource": {
        if (this.main !== undefined && this.main.toString() !== results.currentUri?.toString()) await results.use(this.main);
        const place = await source.locate(action.layer);
        if (place !== undefined) await window.showTextDocument(place.uri, { selection: place.range });
        return;
      }
      case "export":
        await commands.executeCommand("normlens.exportAlphas", this.main, action.format);
        return;
      case "copy":
        await env.clipboard.writeText(action.text);
        window.setStatusBarMessage(l10n.t("$(check) Copied {0}", action.text.slice(0, 60)), 2000);
        return;
      case "savePicture":
        return savePicture(action);
      case "showLog":
        log.show();
        return;
      case "painted":
        this.painted = action.milliseconds;
        log.debug(`The page painted after ${action.milliseconds} ms.`);
        return;
      case "text":
        for (const resolve of this.waitingForText.splice(0)) resolve(action.text);
    }
  }

  /** The result of that address among those that the page was offered; a page names no other files. */
  private offered(uri: string): Uri | undefined {
    return this.parts.results.known.find((known) => known.uri.toString() === uri)?.uri;
  }

  private tellWanted(): void {
    if (!this.listening || this.wanted === undefined) return;
    this.post({ type: "goTo", layer: this.wanted });
    this.wanted = undefined;
  }

  private async tellResult(slot: "main" | "other"): Promise<void> {
    if (!this.listening) return;
    const uri = this[slot];
    const shown = uri === undefined ? undefined : await this.shown(uri);
    // Another may have been chosen while this one was read.
    if (this[slot]?.toString() === uri?.toString()) this.post({ type: "result", slot, ...(shown !== undefined && { shown }) });
  }

  /** A result for the page; where it can't be read, the page is told why. An editor keeps to its file, which may become whole again. */
  private async shown(uri: Uri): Promise<ShownResult | undefined> {
    try {
      const result = await this.parts.results.load(uri);
      return { uri: uri.toString(), label: labelOf(result), result };
    } catch (error) {
      this.error = messageOf(error);
      this.tellState();
      return undefined;
    }
  }

  private tellState(): void {
    if (!this.listening) return;
    this.post({ type: "state", state: this.state() });
  }

  private state(): PanelState {
    const { results, runner, intent, source } = this.parts;
    const { main, other, error } = this;
    const isCurrent = main !== undefined && main.toString() === results.currentUri?.toString();
    return {
      // What runs is told by the panel; an editor shows its file.
      run: this.follows ? runner.state : { kind: "idle" },
      intent: intent.value,
      trusted: workspace.isTrusted,
      offered: results.known.map(({ uri, label, detail, time }) => ({ uri: uri.toString(), label, detail, time })),
      sourceLayers: isCurrent ? source.layersWithSource() : [],
      restore: { version: 1, ...(main !== undefined && { main: main.toString() }), ...(other !== undefined && { other: other.toString() }) },
      ...(error !== undefined && { error }),
    };
  }

  private post(update: PanelUpdate): void {
    // What was begun before the page was closed may end after it; a closed panel throws whatever it is asked.
    if (!this.disposed && this.panel.visible) void this.panel.webview.postMessage(update);
  }
}

async function savePicture({ name, format, base64 }: PanelAction & { type: "savePicture" }): Promise<void> {
  if (!["png", "svg"].includes(format) || base64.length > largestPicture) throw new UserError(l10n.t("This picture can't be saved: it is no PNG or SVG of at most 48 MB."));
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const file = `${name.replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 80)}.${format}`;
  const target = await window.showSaveDialog({
    title: l10n.t("Save Picture"),
    filters: format === "png" ? { PNG: ["png"] } : { SVG: ["svg"] },
    ...(folder !== undefined && { defaultUri: Uri.joinPath(folder, file) }),
  });
  if (target === undefined) return;
  await workspace.fs.writeFile(target, Buffer.from(base64, "base64"));
  void sayWritten(target);
}
