import { evaluate } from "./expressions";
import type { Scope } from "./scope";
import type { SourceReader } from "./source-reader";
import { child, type SyntaxNode } from "./syntax";
import { nothing, type Arguments, type Value } from "./values";

/** A call that is being read. */
export interface Call {
  readonly reader: SourceReader;
  readonly node: SyntaxNode;
  /** What is called, as it is written. */
  readonly callee: SyntaxNode;
  readonly called: Value;
  /** Arguments as they are written. */
  readonly written: readonly SyntaxNode[];
  readonly scope: Scope;
}

/** What stands between the parentheses of a call. */
export function writtenArguments(list: SyntaxNode): readonly SyntaxNode[] {
  return list.type === "argument_list" ? list.children.filter(({ type }) => type !== "comment") : [list];
}

/** The value of a keyword argument, as it is written. */
export function keywordArgument(reader: SourceReader, written: readonly SyntaxNode[], isName: (name: string) => boolean): SyntaxNode | undefined {
  const found = written.find((each) => each.type === "keyword_argument" && isName(keywordOf(reader, each)));
  return found && child(found, "value");
}

/** The name before the `=` of a keyword argument. */
export function keywordOf(reader: SourceReader, node: SyntaxNode): string {
  return reader.textOf(child(node, "name") ?? node);
}

/** Arguments by place and by name. Norm classes among them are handed on: those by keyword always, the others to what is known. */
export function readArguments({ reader, written, scope }: Pick<Call, "reader" | "written" | "scope">, isKnown: boolean): Arguments {
  const positional: Value[] = [];
  const byName = new Map<string, Value>();
  for (const each of written) {
    const value = each.type === "keyword_argument" ? child(each, "value") : each;
    const read = value === undefined ? nothing : evaluate(reader, value, scope);
    if (each.type === "keyword_argument") byName.set(keywordOf(reader, each), reader.handOn(read, scope));
    else if (each.type !== "list_splat" && each.type !== "dictionary_splat") positional.push(isKnown ? reader.handOn(read, scope) : read);
  }
  return { positional, named: byName };
}
