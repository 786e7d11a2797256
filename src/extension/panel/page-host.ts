import type { Uri} from "vscode";
import { commands, env, l10n, window, workspace, type Disposable, type WebviewPanel } from "vscode";
import { messageOf } from "../../shared/errors";
import type { PanelAction, PanelState, PanelUpdate, ShownResult } from "../../shared/panel";
import { panelActionOf } from "../../shared/panel-action";
import type { Parts } from "../parts";
import { labelOf } from "../results/result-store";
import { sayError } from "../say";
import { pageFolder, pageMarkup } from "./page-markup";
import { savePicture } from "./save-picture";

/** What a page needs of the extension. */
export type PageParts = Omit<Parts, "panels">;

type Slot = "main" | "other";

/** How long a page has to tell its text. */
const patience = 5000;

/** Wires one page to what it shows: the results, the runner, the workspace. The truth is here; the page asks for it with `ready`. */
export class PageHost implements Disposable {
  private readonly owned: Disposable[] = [];
  private main: Uri | undefined;
  /** Why a result can't be shown, in a sentence. */
  private readonly errors: Record<Slot, string | undefined> = { main: undefined, other: undefined };
  /** How often each was told, so that a reading that was overtaken is known. */
  private readonly turns: Record<Slot, number> = { main: 0, other: 0 };
  private telling: Promise<void> = Promise.resolve();
  private listening = false;
  private waitingForText: ((text: string) => void)[] = [];
  /** Layer to go to when the page is there. */
  private wanted: string | undefined;
  private painted: number | undefined;
  private disposed = false;

  /**
   * @param file of an editor; without one the page shows the current result, whichever that is
   * @param other is compared with it
   */
  constructor(
    private readonly panel: WebviewPanel,
    private readonly parts: PageParts,
    private readonly file?: Uri,
    private other?: Uri,
  ) {
    const { results, runner, intent, source, context } = parts;
    this.main = file ?? results.currentUri;
    panel.webview.options = { enableScripts: true, localResourceRoots: [pageFolder(context.extensionUri)] };
    const tell = () => { this.tellState(); };
    this.owned.push(
      panel.webview.onDidReceiveMessage((message: unknown) => {
        const action = panelActionOf(message);
        if (action === undefined) parts.log.debug("The page sent a message that is no action; it is ignored.");
        else this.act(action).catch((error: unknown) => sayError(error, parts.log));
      }),
      panel.onDidChangeViewState(() => {
        // A hidden page is torn down; the new one asks again.
        if (!panel.visible) this.listening = false;
      }),
      results.onDidChange(() => { void this.follow(); }),
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
  private async show(main: Uri | undefined): Promise<void> {
    this.main = main;
    this.errors.main = undefined;
    this.telling = this.tellResult("main");
    const isComparable = main !== undefined && !same(main, this.other) && this.errors.other === undefined;
    if (!isComparable && this.other !== undefined) await this.compare(undefined);
    await this.telling;
    this.tellState();
  }

  /** Shows the current result where the page does not yet, or could not read it before. */
  private async follow(): Promise<void> {
    const current = this.parts.results.currentUri;
    const isShown = this.file !== undefined || (same(this.main, current) && this.errors.main === undefined);
    if (isShown) this.tellState();
    else await this.show(current);
  }

  /** Reads the shown file again, since it has changed. */
  async reload(): Promise<void> {
    if (this.main !== undefined) this.parts.results.forget(this.main);
    await this.show(this.main);
  }

  /** Shows a second result beside the first. */
  async compare(other: Uri | undefined): Promise<void> {
    this.other = other;
    this.errors.other = undefined;
    await this.tellResult("other");
    this.tellState();
  }

  /** Shows a layer, as soon as the page and its result are there. */
  async goTo(layer: string): Promise<void> {
    this.wanted = layer;
    await this.telling;
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
        this.telling = this.tellResult("main");
        await this.telling;
        await this.tellResult("other");
        this.tellWanted();
        return;
      case "analyze":
        await commands.executeCommand({ checkpoint: "normlens.analyzeCheckpoint", options: "normlens.analyzeWithOptions", sample: "normlens.analyzeSample" }[action.what]);
        return;
      case "stop":
        return runner.stop();
      case "measureReplacement":
        await commands.executeCommand("normlens.measureReplacement", this.main, action);
        return;
      case "convert":
        await commands.executeCommand("normlens.convertCheckpoint", this.main, action);
        return;
      case "open":
        await commands.executeCommand("normlens.openResult", action.uri === undefined ? undefined : this.offered(action.uri));
        return;
      case "compare":
        await commands.executeCommand("normlens.compareWithResult", action.uri === undefined ? undefined : this.offered(action.uri));
        return;
      case "stopComparing":
        return this.compare(undefined);
      case "setIntent":
        await intent.set(action.intent);
        return;
      case "goToSource": {
        if (this.main !== undefined && !same(this.main, results.currentUri)) await results.use(this.main);
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

  /** Tells the page of a result; where it can't be read, why. An editor keeps to its file, which may become whole again. */
  private async tellResult(slot: Slot): Promise<void> {
    const turn = ++this.turns[slot];
    if (!this.listening) return;
    const uri = this[slot];
    const { shown, error } = uri === undefined ? {} : await this.read(uri);
    // Another may have been chosen while this one was read.
    if (turn !== this.turns[slot]) return;
    if (error !== this.errors[slot]) {
      this.errors[slot] = error;
      this.tellState();
    }
    this.post({ type: "result", slot, ...(shown !== undefined && { shown }) });
  }

  private async read(uri: Uri): Promise<{ readonly shown?: ShownResult; readonly error?: string }> {
    try {
      const result = await this.parts.results.load(uri);
      return { shown: { uri: uri.toString(), label: labelOf(result), result } };
    } catch (error) {
      return { error: messageOf(error) };
    }
  }

  private tellState(): void {
    if (!this.listening) return;
    this.post({ type: "state", state: this.state() });
  }

  private state(): PanelState {
    const { results, runner, intent, source } = this.parts;
    const { main, other, errors } = this;
    const isCurrent = main !== undefined && same(main, results.currentUri);
    const error = errors.main ?? errors.other;
    return {
      // What runs is told by the panel; an editor shows its file.
      run: this.file === undefined ? runner.state : { kind: "idle" },
      intent: intent.value,
      trusted: workspace.isTrusted,
      offered: results.known.map(({ uri, label, detail, time }) => ({ uri: uri.toString(), label, detail, time })),
      sourceLayers: isCurrent ? source.layersWithSource() : [],
      restore: { version: 1, ...(other !== undefined && { other: other.toString() }) },
      ...(error !== undefined && { error }),
    };
  }

  private post(update: PanelUpdate): void {
    // What was begun before the page was closed may end after it; a closed panel throws whatever it is asked.
    if (!this.disposed && this.panel.visible) void this.panel.webview.postMessage(update);
  }
}

function same(one: Uri | undefined, another: Uri | undefined): boolean {
  return one?.toString() === another?.toString();
}
