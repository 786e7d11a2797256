import { readArguments } from "./arguments";
import { anywhere, evaluate } from "./expressions";
import { addAt, placeOf, segmentOf } from "./places";
import type { Scope } from "./scope";
import type { SourceReader } from "./source-reader";
import { child, type SyntaxNode } from "./syntax";
import { nothing, under } from "./values";

/**
 * Reads calls that add modules to what is there: `layers.append(block)`, `self.add_module("norm", norm)`, `setattr(self, "norm", norm)`.
 * @returns whether it is such a call
 */
export function readChange(reader: SourceReader, callee: SyntaxNode, written: readonly SyntaxNode[], scope: Scope): boolean {
  const isSetattr = reader.textOf(callee) === "setattr";
  const object = isSetattr ? written[0] : callee.type === "attribute" ? child(callee, "object") : undefined;
  const place = object && placeOf(reader, object);
  if (place === undefined) return superInit(reader, callee, written, scope);
  const method = isSetattr ? "setattr" : reader.textOf(child(callee, "attribute") ?? callee);
  const [first, second, third] = written;
  const value = (node: SyntaxNode | undefined) => (node === undefined ? nothing : evaluate(reader, node, scope));
  if (method === "append" && first !== undefined) addAt(place, under("*", value(first)), scope);
  else if (method === "insert" && first !== undefined) addAt(place, under("*", value(second)), scope);
  else if ((method === "extend" || method === "update") && first !== undefined) addAt(place, anywhere(value(first)), scope);
  else if ((method === "add_module" || method === "register_module") && first !== undefined) addAt(place, under(segmentOf(reader, first), value(second)), scope);
  else if (isSetattr && second !== undefined) addAt(place, under(segmentOf(reader, second), reader.handOn(value(third), scope)), scope);
  else return false;
  return true;
}

/** `super().__init__(dim, norm_layer=norm_layer)`: the arguments go to the bases. */
function superInit(reader: SourceReader, callee: SyntaxNode, written: readonly SyntaxNode[], scope: Scope): boolean {
  const { owner } = scope.belonging;
  if (owner === undefined || !/^super\(.*\)\.__init__$/s.test(reader.textOf(callee))) return false;
  owner.superArguments = readArguments({ reader, written, scope }, true);
  return true;
}
