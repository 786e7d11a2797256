import { commands, EventEmitter, Uri, workspace, type Disposable, type ExtensionContext } from "vscode";
import { UserError, messageOf } from "../../shared/errors";
import { fileNameFrom } from "../../shared/file-name";
import { formatCounted } from "../../shared/format";
import { resultSuffix, type Result } from "../../shared/result";
import { asResult } from "../../shared/result-shape";
import { weightsPathOf } from "../../shared/weights-path";
import { settings } from "../settings";
import { storedUri } from "./stored-uri";

/** A result that the workspace knows, without its content. */
export interface KnownResult {
  readonly uri: Uri;
  /** What was analysed: the last part of the checkpoint's path. */
  readonly label: string;
  /** What was fed: "bundled text, 2,048 tokens". */
  readonly detail: string;
  /** When it became known, in milliseconds since 1970. */
  readonly time: number;
  /** The checkpoint's own, where it was; absent where an earlier version remembered the result. */
  readonly path?: string;
}

/** A result with its file. */
export interface LoadedResult {
  readonly uri: Uri;
  readonly result: Result;
}

/** As the workspace's memento keeps it. */
interface Remembered {
  readonly known: readonly RememberedResult[];
  readonly current?: string;
}

interface RememberedResult {
  readonly uri: string;
  readonly label: string;
  readonly detail: string;
  readonly time: number;
  readonly path?: string;
}

/** A result in memory, and the state of its file when it was read: undefined where the file did not tell. */
interface CachedResult {
  readonly stamp: string | undefined;
  readonly result: Promise<Result>;
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
  private readonly cache = new Map<string, CachedResult>();
  /** Requests to make a result current, and the last one that was followed: what loads slowly must not overtake what was asked for later. */
  private requests = 0;
  private followed = 0;

  constructor(private readonly context: Pick<ExtensionContext, "workspaceState" | "storageUri" | "globalStorageUri">) {
    this.remembered = rememberedOf(context.workspaceState.get(memento));
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
   * Reads a result, anew where its file has changed.
   * @throws UserError where the file can't be read or is no result.
   */
  async load(uri: Uri): Promise<Result> {
    const key = uri.toString();
    const stamp = await stampOf(uri);
    const known = this.cache.get(key);
    if (known?.stamp !== undefined && known.stamp === stamp) return known.result;
    const loading: CachedResult = { stamp, result: readResult(uri) };
    loading.result.catch(() => { if (this.cache.get(key) === loading) this.cache.delete(key); });
    this.cache.set(key, loading);
    for (const oldest of [...this.cache.keys()].slice(0, -cached)) this.cache.delete(oldest);
    return loading.result;
  }

  /** Reads a file anew when it is asked for again, and tells so. */
  forget(uri: Uri): void {
    this.cache.delete(uri.toString());
    this.changes.fire();
  }

  /**
   * Makes a result known, and the one that lenses and tree show, unless another was asked for meanwhile.
   * @throws UserError as {@link load}
   */
  async use(uri: Uri): Promise<Result> {
    const request = ++this.requests;
    const result = await this.load(uri);
    const key = uri.toString();
    const { known, current: before } = this.remembered;
    const time = known.find((each) => each.uri === key)?.time ?? Date.now();
    const entry = { uri: key, label: labelOf(result), detail: detailOf(result), time, path: result.model.path };
    const current = request > this.followed ? key : before;
    this.followed = Math.max(this.followed, request);
    const all = [entry, ...known.filter((each) => each.uri !== key)].sort((a, b) => b.time - a.time);
    const kept = newest(all, settings.resultsKeep(), [key, current]);
    await this.remember({ known: kept, ...(current !== undefined && { current }) });
    await Promise.all(all.filter((each) => !kept.includes(each)).map(({ uri: old }) => this.deleteOwn(Uri.parse(old))));
    return result;
  }

  /** Leaves lenses and tree without a result; its file stays. */
  async clear(): Promise<void> {
    this.followed = ++this.requests;
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

  /** Removes a result that another took the place of, where its files are in the extension's own storage; those of the user stay known. */
  async removeOwn(uri: Uri): Promise<void> {
    if (this.isOwn(uri)) await this.remove(uri);
  }

  /** A file in the workspace's storage, or the extension's where no folder is open, for the result of an analysis that begins now. */
  async newUri(label: string): Promise<Uri> {
    const folder = this.folder;
    await workspace.fs.createDirectory(folder);
    const stamp = new Date().toISOString().replace(/[:.]/g, "-");
    return Uri.joinPath(folder, `${fileNameFrom(label)}-${stamp}${resultSuffix}`);
  }

  dispose(): void {
    this.changes.dispose();
  }

  private get folder(): Uri {
    return Uri.joinPath(this.context.storageUri ?? this.context.globalStorageUri, "results");
  }

  private isOwn(uri: Uri): boolean {
    return uri.path.startsWith(`${this.folder.path}/`);
  }

  private async deleteOwn(uri: Uri): Promise<void> {
    this.cache.delete(uri.toString());
    if (!this.isOwn(uri)) return;
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

/** So many of the newest results, those that must stay among them. A setting that is no number drops nothing. */
function newest(all: readonly RememberedResult[], keep: unknown, staying: readonly (string | undefined)[]): readonly RememberedResult[] {
  const most = typeof keep === "number" ? Math.max(1, Math.floor(keep)) : all.length;
  const others = all.filter(({ uri }) => !staying.includes(uri));
  const dropped = others.slice(Math.max(0, most - (all.length - others.length)));
  return all.filter((each) => !dropped.includes(each));
}

/** What the memento holds, as far as it is of this version. */
function rememberedOf(value: unknown): Remembered {
  if (typeof value !== "object" || value === null) return { known: [] };
  const { known, current } = value as Record<string, unknown>;
  return {
    known: (Array.isArray(known) ? (known as unknown[]) : []).filter(isRememberedResult),
    ...(typeof current === "string" && storedUri(current) !== undefined && { current }),
  };
}

function isRememberedResult(value: unknown): value is RememberedResult {
  if (typeof value !== "object" || value === null) return false;
  const { uri, label, detail, time, path } = value as Record<string, unknown>;
  return (path === undefined || typeof path === "string") && storedUri(uri) !== undefined && typeof label === "string" && typeof detail === "string" && Number.isFinite(time);
}

/** Tells two states of a file apart. */
async function stampOf(uri: Uri): Promise<string | undefined> {
  try {
    const { mtime, size } = await workspace.fs.stat(uri);
    return `${mtime} ${size}`;
  } catch {
    // Whoever reads it learns why.
    return undefined;
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
