import { EventEmitter, FileType, Location, Uri, workspace, type Disposable, type Event, type LogOutputChannel } from "vscode";
import { messageOf } from "../../shared/errors";
import { matchLayers } from "../../source/layer-matching";
import type { NormSite } from "../../source/norm-site";
import type { ResultStore } from "../results/result-store";
import { matchSites } from "./norm-lines";
import type { PythonNorms } from "./python-norms";
import { rangeOf } from "./range-of";

/** Files that are looked into, at most, and how large one may be in bytes. */
const mostFiles = 5000;
const largestFile = 1_000_000;
const foreign = ["node_modules", ".git", ".venv", "venv", "env", "site-packages", "__pycache__", "build", "dist"];
const nowhere = `**/{${foreign.join(",")}}/**`;
/** Milliseconds in which changes of many files are taken together. */
const settling = 300;
/** Only files with such a word can create a norm or a DyT; most need not be parsed. */
const mention = /norm|dyt|derf|dynamic(tanh|erf)/i;

/** Where a layer is created, and how sure that is. */
interface Place {
  readonly uri: Uri;
  readonly site: NormSite;
  readonly segments: number;
}

/** Knows which lines of the workspace's Python source create which norm layers of the current result. */
export class SourceIndex implements Disposable {
  private readonly changes = new EventEmitter<void>();
  /** What {@link layersWithSource} says has changed. */
  readonly onDidChange: Event<void> = this.changes.event;
  private readonly owned: Disposable[];
  private files: Promise<Map<string, readonly NormSite[]>> | undefined;
  private places = new Map<string, Place>();
  private placing: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly norms: PythonNorms,
    private readonly results: ResultStore,
    private readonly log: LogOutputChannel,
  ) {
    this.owned = [this.changes, results.onDidChange(() => { if (this.files !== undefined) this.place(); })];
  }

  /** Names of layers of the current result that a line is known for so far; the first question starts the search. */
  layersWithSource(): readonly string[] {
    if (this.files === undefined) this.place();
    return [...this.places.keys()];
  }

  /** The line that creates a layer; undefined where none is found in the workspace. */
  async locate(layer: string): Promise<Location | undefined> {
    if (this.files === undefined) this.place();
    await this.placing;
    const place = this.places.get(layer);
    if (place === undefined) return undefined;
    const open = workspace.textDocuments.find(({ uri }) => uri.toString() === place.uri.toString());
    const { uri, site } = place;
    // What stands in an editor may have moved since the file was read.
    const line = open === undefined ? undefined : await this.lineNow(layer, await this.norms.inDocument(open));
    return new Location(uri, rangeOf((line ?? site).span));
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const each of this.owned) each.dispose();
  }

  private async lineNow(layer: string, sites: readonly NormSite[]): Promise<NormSite | undefined> {
    const current = await this.results.current();
    if (current === undefined) return undefined;
    return matchSites(sites, current.result).find(({ layers }) => layers.some(({ name }) => name === layer))?.site;
  }

  /** Looks for the current result's layers, after whatever looks for them already. */
  private place(): void {
    this.files ??= this.readFiles();
    this.placing = this.placing.then(() => this.placeNow()).catch((error: unknown) => {
      // The next question searches anew.
      this.files = undefined;
      this.log.error(`Source can't be searched: ${messageOf(error)}`);
    });
  }

  private placeSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.place(); }, settling);
  }

  private async placeNow(): Promise<void> {
    const files = await this.files;
    const current = await this.results.current();
    const places = new Map<string, Place>();
    for (const [uri, sites] of current === undefined ? [] : (files ?? [])) {
      for (const { site, layers, segments } of matchLayers(sites, current?.result.layers ?? [])) {
        for (const layer of layers) if (segments > (places.get(layer)?.segments ?? 0)) places.set(layer, { uri: Uri.parse(uri), site, segments });
      }
    }
    this.places = places;
    this.changes.fire();
  }

  private async readFiles(): Promise<Map<string, readonly NormSite[]>> {
    const files = new Map<string, readonly NormSite[]>();
    const read = async (uri: Uri) => {
      const sites = await this.sitesOf(uri);
      if (sites.length === 0) return files.delete(uri.toString());
      files.set(uri.toString(), sites);
      return true;
    };
    const reread = (uri: Uri) => {
      if (uri.path.split("/").some((folder) => foreign.includes(folder))) return;
      void read(uri).then((matters) => { if (matters) this.placeSoon(); });
    };
    const uris = await workspace.findFiles("**/*.py", nowhere, mostFiles);
    const watcher = workspace.createFileSystemWatcher("**/*.py");
    watcher.onDidChange(reread);
    watcher.onDidCreate(reread);
    watcher.onDidDelete((uri) => { if (files.delete(uri.toString())) this.placeSoon(); });
    this.owned.push(watcher);
    // One after the other: lenses and panel wait for none of it.
    for (const uri of uris) await read(uri);
    return files;
  }

  private async sitesOf(uri: Uri): Promise<readonly NormSite[]> {
    try {
      const { size, type } = await workspace.fs.stat(uri);
      if (size > largestFile || (type & FileType.File) === 0) return [];
      const text = new TextDecoder().decode(await workspace.fs.readFile(uri));
      return mention.test(text) ? await this.norms.inText(text) : [];
    } catch (error) {
      this.log.debug(`${uri.fsPath} is left out: ${messageOf(error)}`);
      return [];
    }
  }
}
