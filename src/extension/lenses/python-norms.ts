import { Disposable, Uri, workspace, type LogOutputChannel, type Position, type TextDocument, type TextDocumentContentChangeEvent } from "vscode";
import { messageOf } from "../../shared/errors";
import { replaceWithDyt } from "../../source/dyt-replacement";
import type { NormSite, SourceEdit } from "../../source/norm-site";
import { findNormSites } from "../../source/norm-sites";
import { PythonParser } from "../../source/python-parser";
import { writeStartAlpha } from "../../source/start-alpha-edit";
import { keepSites, shiftSites, type LineChange } from "./kept-sites";

/** What was found in a version of a document. */
interface Kept {
  readonly version: number;
  readonly sites: readonly NormSite[];
}

/** Norm sites of Python documents. The parser is loaded when the first document is asked about. */
export class PythonNorms implements Disposable {
  private loading: Promise<PythonParser | undefined> | undefined;
  /** What was found last in every open document, moved along with its edits. */
  private readonly kept = new Map<string, Kept>();
  private readonly listeners: Disposable;
  private lastReplacement: { readonly question: string; readonly edits: readonly SourceEdit[] | undefined } | undefined;

  constructor(private readonly extensionUri: Uri, private readonly log: LogOutputChannel) {
    this.listeners = Disposable.from(
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const key = document.uri.toString();
        const kept = this.kept.get(key);
        if (kept === undefined) return;
        this.kept.set(key, { ...kept, sites: contentChanges.map(lineChange).reduce(shiftSites, kept.sites) });
      }),
      workspace.onDidCloseTextDocument(({ uri }) => { this.kept.delete(uri.toString()); }),
    );
  }

  /** Sites of a document. While it does not parse, those that were found before stay where they are: text above the code must not jump. */
  async inDocument(document: TextDocument): Promise<readonly NormSite[]> {
    const key = document.uri.toString();
    const known = this.kept.get(key);
    if (known?.version === document.version) return known.sites;
    const { version } = document;
    const parser = await this.parser();
    if (parser === undefined) return [];
    const found = findNormSites(parser, document.getText());
    const before = this.kept.get(key)?.sites;
    const sites = found.hasError && before !== undefined ? keepSites(before, found.sites) : found.sites;
    this.kept.set(key, { version, sites });
    return sites;
  }

  /** Sites of a text that no editor has open. */
  async inText(text: string): Promise<readonly NormSite[]> {
    const parser = await this.parser();
    return parser === undefined ? [] : findNormSites(parser, text).sites;
  }

  /** Edits that put a DyT in a site's place; undefined where none can stand there. The last answer is kept: an editor asks at every move of the cursor. */
  async replacement(document: TextDocument, site: NormSite, alpha: number, importLine: string): Promise<readonly SourceEdit[] | undefined> {
    const question = JSON.stringify([document.uri, document.version, site.span, alpha, importLine]);
    if (this.lastReplacement?.question === question) return this.lastReplacement.edits;
    const parser = await this.parser();
    const edits = parser && replaceWithDyt(parser, document.getText(), site, alpha, importLine === "" ? {} : { importLine });
    this.lastReplacement = { question, edits };
    return edits;
  }

  /** The edit that writes an alpha into a call that makes a DyT; undefined where the call takes none that is known. */
  async startAlpha(document: TextDocument, site: NormSite, alpha: number): Promise<SourceEdit | undefined> {
    const parser = await this.parser();
    return parser && writeStartAlpha(parser, document.getText(), site, alpha);
  }

  dispose(): void {
    this.listeners.dispose();
    void this.loading?.then((parser) => { parser?.dispose(); });
  }

  /** The parser; undefined, with a line in the log, where it can't be loaded. */
  private parser(): Promise<PythonParser | undefined> {
    this.loading ??= PythonParser.load(Uri.joinPath(this.extensionUri, "dist", "grammar").fsPath).catch((error: unknown) => {
      this.log.error(`The Python grammar can't be loaded, so there are no lenses: ${messageOf(error)}`);
      return undefined;
    });
    return this.loading;
  }
}

function lineChange({ range, text }: TextDocumentContentChangeEvent): LineChange {
  const place = ({ line, character }: Position) => ({ line, column: character });
  return { start: place(range.start), end: place(range.end), inserted: text.split("\n").length - 1 };
}
