import { commands, EventEmitter, Uri, workspace, type Disposable, type ExtensionContext } from "vscode";
import { UserError, messageOf } from "../../shared/errors";
import { formatCounted } from "../../shared/format";
import { resultSuffix, type Result } from "../../shared/result";
import { asResult } from "../../shared/result-shape";
import { weightsPathOf } from "../../shared/weights-path";
import { settings } from "../settings";

/** A result that the workspace knows, without its content. */
export interface KnownResult {
  readonly uri: Uri;
  /** What was analysed: the last part of the checkpoint's path. */
  readonly label: string;
  /** What was fed: "bundled text, 2,048 tokens". */
  readonly detail: string;
  /** When it became known, in milliseconds since 1970. */
  readonly time: number;
}

/** A result with its file. */
export interface LoadedResult {
  readonly uri: Uri;
  readonly result: Result;
}

/** As the workspace's memento keeps it. */
interface Remembered {
  readonly known: readonly { readonly uri: string; readonly label: string; readonly detail: string; readonly time: number }[];
  readonly current?: string;
}

const memento = "normlens.results";
/** Results that stay in memory: the current one, and two that are compared. */
const cached = 3;

/**
 * The results that this workspace knows, and the one that lenses and tree show. The list survives a restart; contents are read when they
 * are asked for.
 */
export class ResultStore implements Disposable {
  private readonly changes = new EventEmitter<void>();
  /** A result became known, was removed, or another one is current. */
  readonly onDidChange = this.changes.event;
  private remembered: Remembered;
  private readonly cache = new Map<string, Promise<Result>>();

  constructor(private readonly context: ExtensionContext) {
    this.remembered = context.workspaceState.get<Remembered>(memento, { known: [] });
    this.tellContext();
  }

  /** Newest first. */
  get known(): readonly KnownResult[] {
    return this.remembered.known.map(({ uri, ...rest }) => ({ ...rest, uri: Uri.parse(uri) }));
  }

  /** File of the result that lenses and tree show. */
  get currentUri(): Uri | undefined {
    return this.remembered.current === undefined ? undefined : Uri.parse(this.remembered.current);
  }

  /** The result that lenses and tree show; undefined where there is none, or its file has gone. */
  async current(): Promise<LoadedResult | undefined> {
    const uri = this.currentUri;
    if (uri === undefined) return undefined;
    try {
      return { uri, result: await this.load(uri) };
    } catch {
      return undefined;
    }
  }

  /**
   * Reads a result.
   * @throws UserError where the file can't be read or is no result.
   */
  load(uri: Uri): Promise<Result> {
    const key = uri.toString();
    const known = this.cache.get(key);
    if (known !== undefined) return known;
    const loading = readResult(uri);
    loading.catch(() => this.cache.delete(key));
    this.cache.set(key, loading);
    for (const oldest of [...this.cache.keys()].slice(0, -cached)) this.cache.delete(oldest);
    return loading;
  }

  /** Reads a file anew when it is asked for again. */
  forget(uri: Uri): void {
    this.cache.delete(uri.toString());
  }

  /**
   * Makes a result known, and the one that lenses and tree show.
   * @throws UserError as {@link load}
   */
  async use(uri: Uri): Promise<Result> {
    const result = await this.load(uri);
    const key = uri.toString();
    const before = this.remembered.known.find((each) => each.uri === key);
    const entry = before ?? { uri: key, label: labelOf(result), detail: detailOf(result), time: Date.now() };
    const others = this.remembered.known.filter((each) => each.uri !== key);
    const known = [entry, ...others].sort((a, b) => b.time - a.time);
    const keep = settings.resultsKeep();
    await this.remember({ known: known.slice(0, keep), current: key });
    await Promise.all(known.slice(keep).map(({ uri: old }) => this.deleteOwn(Uri.parse(old))));
    return result;
  }

  /** Leaves lenses and tree without a result; its file stays. */
  async clear(): Promise<void> {
    await this.remember({ known: this.remembered.known });
  }

  /** Forgets a result, and deletes its files where they are in the extension's own storage. */
  async remove(uri: Uri): Promise<void> {
    const key = uri.toString();
    const known = this.remembered.known.filter((each) => each.uri !== key);
    const { current } = this.remembered;
    await this.remember({ known, ...(current !== undefined && current !== key && { current }) });
    await this.deleteOwn(uri);
  }

  /** A file in the workspace's storage, or the extension's where no folder is open, for the result of an analysis that begins now. */
  async newUri(label: string): Promise<Uri> {
    const folder = this.folder;
    await workspace.fs.createDirectory(folder);
    const name = label.replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 60);
    const stamp = new Date().toISOString().replace(/[:.]/g, "-");
    return Uri.joinPath(folder, `${name}-${stamp}${resultSuffix}`);
  }

  dispose(): void {
    this.changes.dispose();
  }

  private get folder(): Uri {
    return Uri.joinPath(this.context.storageUri ?? this.context.globalStorageUri, "results");
  }

  private async deleteOwn(uri: Uri): Promise<void> {
    this.forget(uri);
    if (!uri.path.startsWith(`${this.folder.path}/`)) return;
    const files = [uri, uri.with({ path: weightsPathOf(uri.path) })];
    // A file that has gone already needs no deleting.
    await Promise.all(files.map((file) => Promise.resolve(workspace.fs.delete(file)).catch(() => undefined)));
  }

  private async remember(remembered: Remembered): Promise<void> {
    this.remembered = remembered;
    this.tellContext();
    this.changes.fire();
    await this.context.workspaceState.update(memento, remembered);
  }

  private tellContext(): void {
    void commands.executeCommand("setContext", "normlens.hasResult", this.remembered.current !== undefined);
  }
}

/** Last part of the checkpoint's path. */
export function labelOf({ model }: Result): string {
  return model.path.split(/[/\\]/).filter((part) => part !== "").at(-1) ?? model.family;
}

function detailOf({ input }: Result): string {
  const source = input.source.split(/[/\\]/).filter((part) => part !== "").at(-1) ?? input.kind;
  return `${source}, ${formatCounted(input.tokens, "token")}`;
}

async function readResult(uri: Uri): Promise<Result> {
  const path = uri.scheme === "file" ? uri.fsPath : uri.toString(true);
  let bytes: Uint8Array;
  try {
    bytes = await workspace.fs.readFile(uri);
  } catch (error) {
    throw new UserError(`${path} can't be read: ${messageOf(error)}`, { cause: error });
  }
  return asResult(parse(bytes, path), path);
}

function parse(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new UserError(`${path} is not valid JSON; run the analysis again.`, { cause: error });
  }
}
