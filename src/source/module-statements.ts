import { readImport, readImportFrom } from "./imports";
import { Scope } from "./scope";
import type { SourceReader } from "./source-reader";
import { child, type SourceTree, type SyntaxNode } from "./syntax";
import { thingsOf } from "./values";

/** Where lines can be put between the statements of a module. */
export interface FreePlace {
  readonly offset: number;
  /** Statement whose line ends there; undefined where the first statement begins there. */
  readonly after: SyntaxNode | undefined;
}

/** What may stand behind a statement up to the end of its line, which goes on after a backslash. */
const restOfLine = /(?:[ \t\f;]|\\(?:\r\n|\r|\n))*(?:#[^\r\n]*)?(?=[\r\n]|$)/y;

const definitions: ReadonlySet<string> = new Set(["class_definition", "function_definition", "decorated_definition"]);

/** The statements of a module as Python runs them: what is bound where, and where more can be put. */
export class ModuleStatements {
  private readonly text: string;
  private readonly statements: readonly SyntaxNode[];

  constructor(
    { text, root }: SourceTree,
    private readonly reader: SourceReader,
  ) {
    this.text = text;
    this.statements = root.children.filter(({ type }) => type !== "comment");
  }

  /** The statement of the module that a node is in. */
  around(node: SyntaxNode): SyntaxNode | undefined {
    return this.statements.find(({ start, end }) => start <= node.start && node.end <= end);
  }

  /**
   * The end of the line of the last import before a statement, else of the docstring, else the start of the file's first statement.
   * Undefined where nothing can be put: the line has other statements too, or the syntax is not sure.
   */
  placeBefore(statement: SyntaxNode): FreePlace | undefined {
    const before = this.before(statement);
    if ([...before, statement].some(({ type }) => type === "ERROR")) return undefined;
    const docstring = before.find((each, index) => index === 0 && isDocstring(each));
    const last = before.findLast((each) => isImport(each) && this.endOfLine(each) !== undefined) ?? docstring;
    // Nothing can stand before these.
    if (this.statements.slice(last === undefined ? 0 : before.indexOf(last) + 1).some(({ type }) => type === "future_import_statement")) return undefined;
    if (last !== undefined) {
      const offset = this.endOfLine(last);
      return offset === undefined ? undefined : { offset, after: last };
    }
    const { start } = this.statements[0] ?? statement;
    return /(^|[\r\n])\uFEFF?$/.test(this.text.slice(Math.max(0, start - 2), start)) ? { offset: start, after: undefined } : undefined;
  }

  /** Names that are bound to something imported and nothing else, by an import that always runs before a place. */
  importedBefore(offset: number): Map<string, string> {
    const scope = new Scope();
    for (const statement of this.statements.filter(({ end }) => end <= offset)) this.readImport(statement, scope);
    const names = new Map<string, string>();
    for (const name of scope.boundNames()) {
      const [thing] = thingsOf(scope.find(name) ?? []);
      if (thing?.is === "external" && this.mayBe(name, thing.dotted)) names.set(name, thing.dotted);
    }
    return names;
  }

  /** Whether the module binds a name to nothing but an imported one; a name that it does not bind may be anything. */
  mayBe(name: string, dotted: string): boolean {
    const value = this.reader.module.find(name);
    return value === undefined || (value.length > 0 && value.every(({ path, thing }) => path.length === 0 && thing.is === "external" && thing.dotted === dotted));
  }

  /** Whether a name of the module is surely bound where a node is run. */
  isBoundFor(name: string, node: SyntaxNode): boolean {
    const statement = this.around(node);
    if (statement === undefined) return false;
    if (this.before(statement).some((each) => this.binds(each, name))) return true;
    // What is run later finds names that are bound later, unless it is called before.
    const after = this.statements.slice(this.statements.indexOf(statement) + 1);
    const at = after.findIndex((each) => this.binds(each, name));
    return at !== -1 && isRunLater(statement, node) && after.slice(0, at).every((each) => isImport(each) || definitions.has(each.type));
  }

  private before(statement: SyntaxNode): readonly SyntaxNode[] {
    return this.statements.slice(0, this.statements.indexOf(statement));
  }

  private endOfLine({ end }: SyntaxNode): number | undefined {
    restOfLine.lastIndex = end;
    return restOfLine.test(this.text) ? restOfLine.lastIndex : undefined;
  }

  private binds(statement: SyntaxNode, name: string): boolean {
    const scope = new Scope();
    this.readImport(statement, scope);
    if (scope.find(name) !== undefined) return true;
    const definition = statement.type === "decorated_definition" ? child(statement, "definition") : definitions.has(statement.type) ? statement : undefined;
    const [assignment] = statement.type === "expression_statement" ? statement.children : [];
    const bound = definition === undefined ? assignment?.type === "assignment" && child(assignment, "right") && child(assignment, "left") : child(definition, "name");
    return bound !== undefined && bound !== false && this.reader.textOf(bound) === name;
  }

  private readImport(statement: SyntaxNode, scope: Scope): void {
    if (statement.type === "import_statement") readImport(this.reader, statement, scope);
    if (statement.type === "import_from_statement") readImportFrom(this.reader, statement, scope);
  }
}

function isImport({ type }: SyntaxNode): boolean {
  return /^(future_)?import_/.test(type);
}

/** Whether a statement is nothing but a string. */
export function isDocstring(node: SyntaxNode): boolean {
  return node.type === "expression_statement" && node.children.length === 1 && /^(concatenated_)?string$/.test(node.children[0]!.type);
}

/** Whether a node of a definition is in the body of a function: that is run when it is called. */
function isRunLater(statement: SyntaxNode, node: SyntaxNode): boolean {
  if (!definitions.has(statement.type)) return false;
  for (let at: SyntaxNode | undefined = statement; at !== undefined && at !== node; ) {
    const next: SyntaxNode | undefined = at.children.find(({ start, end }) => start <= node.start && node.end <= end);
    if (at.type === "function_definition" && next?.field === "body") return true;
    at = next;
  }
  return false;
}
