import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type * as TreeSitter from "web-tree-sitter";
import type { SourceTree, SyntaxNode } from "./syntax";

// Required, not imported: the package's ES module asks import.meta where it stands, which a CommonJS bundle can't tell; its CommonJS twin does not.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { Language, Parser } = require("web-tree-sitter") as typeof TreeSitter;

/** Nodes in which no norm is made and no name is bound: their inside is not read. */
const opaque = new Set(["string", "comment", "type", "type_parameter"]);

/** Source nested deeper than this was not written by hand; what is deeper is not read, so that nothing runs out of stack. */
const maxDepth = 200;

/** Parses Python. One parser serves any number of texts, one after the other. */
export class PythonParser {
  private readonly isNamed: readonly boolean[];

  private constructor(
    private readonly parser: TreeSitter.Parser,
    private readonly language: TreeSitter.Language,
  ) {
    this.isNamed = language.types.map((_, id) => language.nodeTypeIsNamed(id));
  }

  /**
   * Reads the parser and the grammar.
   * @param folder has web-tree-sitter.wasm and tree-sitter-python.wasm
   * @throws where one is missing or is no WebAssembly of the version that is expected
   */
  static async load(folder: string): Promise<PythonParser> {
    const [wasmBinary, grammar] = await Promise.all([readFile(join(folder, "web-tree-sitter.wasm")), readFile(join(folder, "tree-sitter-python.wasm"))]);
    await Parser.init({ wasmBinary: new Uint8Array(wasmBinary) as unknown as ArrayBuffer });
    const language = await Language.load(grammar);
    return new PythonParser(new Parser().setLanguage(language), language);
  }

  /** The syntax of a text as plain objects; text that is no Python gives what could be made out of it. */
  parse(text: string): SourceTree {
    const tree = this.parser.parse(text);
    if (tree === null) throw new Error("The parser has no language.");
    const cursor = tree.walk();
    try {
      return { text, root: this.read(cursor, 0), hasError: tree.rootNode.hasError };
    } finally {
      cursor.delete();
      tree.delete();
    }
  }

  /** Frees the parser's memory; it parses no more. */
  dispose(): void {
    this.parser.delete();
  }

  private read(cursor: TreeSitter.TreeCursor, depth: number): SyntaxNode {
    const type = this.language.types[cursor.nodeTypeId] ?? "ERROR";
    const field = this.language.fields[cursor.currentFieldId] ?? undefined;
    const children: SyntaxNode[] = [];
    const node = { type, field, start: cursor.startIndex, end: cursor.endIndex, children };
    if (depth === maxDepth || opaque.has(type) || !cursor.gotoFirstChild()) return node;
    do {
      if (this.isNamed[cursor.nodeTypeId] ?? true) children.push(this.read(cursor, depth + 1));
    } while (cursor.gotoNextSibling());
    cursor.gotoParent();
    return node;
  }
}
