import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PythonParser } from "../../src/source/python-parser";

const corpus = join(import.meta.dirname, "corpus");

/** A folder with the packages' own WebAssembly, laid out as the build does. */
export function grammarFolder(): string {
  const { resolve } = createRequire(import.meta.url);
  const folder = mkdtempSync(join(tmpdir(), "normlens-grammar-"));
  process.once("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  for (const file of ["web-tree-sitter/web-tree-sitter.wasm", "tree-sitter-python/tree-sitter-python.wasm"]) copyFileSync(resolve(file), join(folder, file.split("/")[1]!));
  return folder;
}

/** A parser of that grammar. */
export function loadPython(): Promise<PythonParser> {
  return PythonParser.load(grammarFolder());
}

/** Names of the corpus' files, without their extension. */
export const corpusNames: readonly string[] = readdirSync(corpus)
  .filter((file) => file.endsWith(".py"))
  .map((file) => file.slice(0, -".py".length))
  .sort();

/** Text of a corpus file. */
export function corpusText(name: string): string {
  return readFileSync(join(corpus, `${name}.py`), "utf8");
}

/** What a comment of the corpus expects at its line: `# norm: layernorm constructor h.*.ln_1`. */
export interface Mark {
  readonly line: number;
  /** `?` where the source does not tell. */
  readonly kind: string;
  readonly form: string;
  /** The longest path, `-` for none. */
  readonly path: string;
}

/** The marks of a text, in order; a line has as many as it has sites, separated by `|`. */
export function marks(text: string): Mark[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const comment = /# norm: (.*)$/.exec(line)?.[1];
    return (comment?.split("|") ?? []).map((mark) => {
      const [kind = "", form = "", path = ""] = mark.trim().split(/\s+/);
      return { line: index, kind, form, path };
    });
  });
}
