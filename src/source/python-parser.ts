import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type * as TreeSitter from "web-tree-sitter";
import type { SourceTree, SyntaxNode } from "./syntax";

/** Nodes that have nothing inside, or in which no norm is made and no name bound: asking for their parts would take most of the time. */
const leaves: ReadonlySet<string> = new Set(["identifier", "integer", "float", "true", "false", "none", "dotted_name", "string", "comment", "type", "type_parameter"]);

/** Source nested deeper than this was not written by hand; what is deeper is not read, so that nothing runs out of stack. */
const maxDepth = 200;

interface NodeType {
  readonly name: string;
  readonly isNamed: boolean;
  readonly isLeaf: boolean;
}

/** Type of what could not be read; its number is beyond all others. */
const error: NodeType = { name: "ERROR", isNamed: true, isLeaf: false };

/** Parses Python. One parser serves any number of texts, one after the other. */
export class PythonParser {
  /** What the types of nodes are, by their number. */
  private readonly types: readonly NodeType[];

  private constructor(
    private readonly parser: TreeSitter.Parser,
    private readonly language: TreeSitter.Language,
  ) {
    this.types = language.types.map((name, id) => ({ name, isNamed: language.nodeTypeIsNamed(id), isLeaf: leaves.has(name) }));
  }

  /**
   * Reads the parser and the grammar.
   * @param folder has web-tree-sitter.wasm and tree-sitter-python.wasm
   * @throws where one is missing or is no WebAssembly of the version that is expected
   */
  static async load(folder: string): Promise<PythonParser> {
    // Required, not imported: the package's ES module asks import.meta where it stands, which a CommonJS bundle can't tell; its CommonJS twin does not.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { Language, Parser } = require("web-tree-sitter") as typeof TreeSitter;
    const wasmBinary = await readFile(join(folder, "web-tree-sitter.wasm"));
    const grammar = await readFile(join(folder, "tree-sitter-python.wasm"));
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
      return { text, root: this.read(cursor, this.typeAt(cursor), 0), hasError: tree.rootNode.hasError };
    } finally {
      cursor.delete();
      tree.delete();
    }
  }

  /** Frees the parser's memory; it parses no more. */
  dispose(): void {
    this.parser.delete();
  }

  private typeAt(cursor: TreeSitter.TreeCursor): NodeType {
    return this.types[cursor.nodeTypeId] ?? error;
  }

  private read(cursor: TreeSitter.TreeCursor, { name, isLeaf }: NodeType, depth: number): SyntaxNode {
    const field = this.language.fields[cursor.currentFieldId] ?? undefined;
    const children: SyntaxNode[] = [];
    const node = { type: name, field, start: cursor.startIndex, end: cursor.endIndex, children };
    if (isLeaf || depth === maxDepth || !cursor.gotoFirstChild()) return node;
    do {
      const type = this.typeAt(cursor);
      if (type.isNamed) children.push(this.read(cursor, type, depth + 1));
    } while (cursor.gotoNextSibling());
    cursor.gotoParent();
    return node;
  }
}
