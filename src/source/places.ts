import type { Scope } from "./scope";
import { styleOf } from "./naming";
import type { SourceReader } from "./source-reader";
import { child, type SyntaxNode } from "./syntax";
import { under, type Placed, type Value } from "./values";

/** Where something can be put: a name, and attributes, keys and indices below it. */
export interface Place {
  readonly name: string;
  readonly path: readonly string[];
}

/** The place that an expression names; undefined where it starts from no name. */
export function placeOf(reader: SourceReader, node: SyntaxNode): Place | undefined {
  if (node.type === "identifier") return { name: reader.textOf(node), path: [] };
  const isAttribute = node.type === "attribute";
  const below = isAttribute ? child(node, "object") : child(node, "value");
  const last = isAttribute ? child(node, "attribute") : child(node, "subscript");
  const place = below && placeOf(reader, below);
  if (place === undefined || last === undefined) return undefined;
  return { name: place.name, path: [...place.path, isAttribute ? reader.textOf(last) : segmentOf(reader, last)] };
}

/** Adds a value at a place. */
export function addAt({ name, path }: Place, value: Value, scope: Scope): void {
  const placed = path.reduceRight((inner: Value, segment) => under(segment, inner), value);
  const { owner } = scope.belonging;
  const isSelf = owner !== undefined && scope.find(name) === owner.attributes;
  scope.add(name, isSelf && styleOf(owner) === "linen" ? placed.map(flattened) : placed);
}

/** linen names the modules of a list by attribute and index: `blocks_0`. */
function flattened({ path, thing }: Placed): Placed {
  const [attribute, index, ...rest] = path;
  return attribute !== undefined && index !== undefined && /^(\d+|\*)$/.test(index) ? { path: [`${attribute}_${index}`, ...rest], thing } : { path, thing };
}

/** A key, an index or a name as a segment of a path; `*` for what is not written out. */
export function segmentOf(reader: SourceReader, node: SyntaxNode): string {
  const text = reader.textOf(node);
  if (node.type === "integer") return text;
  if (node.type === "string") return contentOf(text);
  if (node.type === "concatenated_string") return node.children.map((each) => segmentOf(reader, each)).join("");
  if (node.type === "binary_operator") return joined(reader, node);
  const formatted = node.type === "call" ? child(node, "function") : undefined;
  const template = formatted?.type === "attribute" ? child(formatted, "object") : undefined;
  return template?.type === "string" ? contentOf(reader.textOf(template)).replace(/\{[^{}]*\}/g, "*") : "*";
}

/** `"norm" + str(i)`, `"norm%d" % i` */
function joined(reader: SourceReader, node: SyntaxNode): string {
  const [left, right] = [child(node, "left"), child(node, "right")];
  if (left === undefined || right === undefined) return "*";
  const start = segmentOf(reader, left);
  return start.includes("%") ? start.replace(/%\w+/g, "*") : `${start}${segmentOf(reader, right)}`.replace(/\*+/g, "*");
}

/** What stands between the quotes of a string, with `*` for what an f-string fills in. */
function contentOf(literal: string): string {
  const parts = /^([a-zA-Z]*)("""|'''|"|')(.*)\2$/s.exec(literal);
  if (parts === null) return "*";
  const [, prefix = "", , content = ""] = parts;
  return /[ft]/i.test(prefix) ? content.replace(/\{[^{}]*\}/g, "*") : content;
}
