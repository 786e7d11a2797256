import { keywordOf, type Call } from "./arguments";
import { anywhere, comprehension, evaluate } from "./expressions";
import { lastName } from "./norm-names";
import { segmentOf } from "./places";
import type { SourceReader } from "./source-reader";
import { child, type SyntaxNode } from "./syntax";
import { nothing, thingsOf, under, union, type Value } from "./values";

/** Containers of modules, and Python's own, give what is in them. */
export function readContainer(call: Call): Value | undefined {
  const { reader, called, written, scope } = call;
  const [external] = thingsOf(called);
  if (external?.is !== "external") return undefined;
  const name = lastName(external.dotted);
  switch (name) {
    case "Sequential":
    case "SequentialCell":
      return sequential(call, external.dotted);
    case "ModuleDict":
    case "OrderedDict":
    case "dict":
      return entries(call);
    case "ModuleList":
    case "List":
    case "list":
    case "tuple":
      return union(written.map((each) => evaluate(reader, each, scope)));
    default:
      return undefined;
  }
}

function sequential({ reader, written, scope }: Call, dotted: string): Value {
  const [only] = written;
  if (only !== undefined && written.length === 1) {
    const value = evaluate(reader, only, scope);
    if (/^flax\.linen/.test(dotted)) return anyLayer(value);
    if (only.type === "list_splat" || only.type === "list" || isDictionary(reader, only, value)) return value;
    return under("0", value);
  }
  let isCounted = true;
  const layers = written.map((each, index) => {
    const value = evaluate(reader, each, scope);
    if (each.type === "list_splat") isCounted = false;
    return each.type === "list_splat" ? anywhere(value) : under(isCounted ? String(index) : "*", value);
  });
  return union(layers);
}

/** linen's Sequential holds a list named layers. */
function anyLayer(value: Value): Value {
  return value.map(({ path: [index = "*", ...rest], thing }) => ({ path: [`layers_${index}`, ...rest], thing }));
}

function isDictionary(reader: SourceReader, node: SyntaxNode, value: Value): boolean {
  if (node.type === "call") return /(^|\.)(OrderedDict|dict)$/.test(reader.textOf(child(node, "function") ?? node));
  return node.type === "identifier" && value.length > 0 && value.every(({ path }) => path.length > 0);
}

/** Entries by keyword, of a dictionary, or of a list of pairs. */
function entries({ reader, written, scope }: Call): Value {
  const entry = (segment: string, value: SyntaxNode) => under(segment, reader.handOn(evaluate(reader, value, scope), scope));
  const tuple = ({ type, children: [key, value] }: SyntaxNode): Value =>
    type !== "tuple" || key === undefined || value === undefined ? nothing : entry(segmentOf(reader, key), value);
  const values = written.map((each) => {
    if (each.type === "keyword_argument") return entry(keywordOf(reader, each), child(each, "value") ?? each);
    if (each.type === "list" || each.type === "tuple") return union(each.children.map(tuple));
    if (each.type === "list_comprehension" || each.type === "generator_expression") return comprehension(reader, each, scope, tuple);
    return evaluate(reader, each, scope);
  });
  return union(values);
}
