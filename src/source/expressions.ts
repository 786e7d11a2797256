import { readCall } from "./calls";
import { readLambda } from "./definitions";
import { kindOfClass, lastName, namesNormClass } from "./norm-names";
import { placeOf, segmentOf } from "./places";
import type { Scope } from "./scope";
import type { SourceReader } from "./source-reader";
import { child, type SyntaxNode } from "./syntax";
import { inside, just, nothing, thingsOf, under, union, type Thing, type Value } from "./values";

/** What an expression may be. What it holds that is of no concern is read all the same, for the sites in it. */
export function evaluate(reader: SourceReader, node: SyntaxNode, scope: Scope): Value {
  if (!reader.step()) return nothing;
  const parts = () => union(node.children.map((each) => evaluate(reader, each, scope)));
  switch (node.type) {
    case "identifier": {
      const name = reader.textOf(node);
      return mentioned(reader, node, scope.find(name) ?? just({ is: "external", dotted: name }));
    }
    case "attribute":
      return attribute(reader, node, scope);
    case "call":
      return readCall(reader, node, scope);
    case "subscript": {
      const [of, at] = [child(node, "value"), child(node, "subscript")];
      if (at !== undefined) reader.read(at, scope);
      return of === undefined || at === undefined ? nothing : inside(evaluate(reader, of, scope), segmentOf(reader, at));
    }
    case "conditional_expression": {
      const [chosen, condition, other] = node.children;
      if (condition !== undefined) reader.read(condition, scope);
      return union([chosen, other].map((each) => (each === undefined ? nothing : evaluate(reader, each, scope))));
    }
    case "parenthesized_expression":
    case "boolean_operator":
    case "await":
    case "list_splat":
    case "dictionary_splat":
      return parts();
    case "binary_operator":
      return anywhere(parts());
    case "named_expression": {
      const [name, value] = [child(node, "name"), child(node, "value")];
      if (name === undefined || value === undefined) return nothing;
      scope.bind(reader.textOf(name), reader.handOn(evaluate(reader, value, scope), scope));
      return scope.find(reader.textOf(name)) ?? nothing;
    }
    case "list":
    case "tuple":
    case "set":
    case "expression_list":
      return elements(reader, node.children, scope);
    case "dictionary":
      return union(node.children.map((each) => (each.type === "pair" ? pair(reader, each, scope) : evaluate(reader, each, scope))));
    case "list_comprehension":
    case "set_comprehension":
    case "generator_expression":
    case "dictionary_comprehension":
      return comprehension(reader, node, scope, (body) => (body.type === "pair" ? pair(reader, body, scope) : under("*", evaluate(reader, body, scope))));
    case "lambda":
      return readLambda(reader, node, scope);
    case "for_in_clause":
      reader.readLoopVariable(node, scope);
      return nothing;
    default:
      reader.readAll(node.children, scope);
      return nothing;
  }
}

/** Reads a comprehension's loops, then what it makes in them. */
export function comprehension(reader: SourceReader, node: SyntaxNode, scope: Scope, make: (body: SyntaxNode) => Value): Value {
  const body = child(node, "body");
  let made = nothing;
  scope.inLoop(() => {
    reader.readAll(node.children.filter((each) => each !== body), scope);
    if (body !== undefined) made = make(body);
  });
  return made;
}

/** An entry of a dictionary. */
export function pair(reader: SourceReader, node: SyntaxNode, scope: Scope): Value {
  const [key, value] = [child(node, "key"), child(node, "value")];
  if (key === undefined || value === undefined) return nothing;
  return under(segmentOf(reader, key), reader.handOn(evaluate(reader, value, scope), scope));
}

/** Elements at their indices; after `*others` nobody knows them. */
function elements(reader: SourceReader, nodes: readonly SyntaxNode[], scope: Scope): Value {
  let isCounted = true;
  const expressions = nodes.filter(({ type }) => type !== "comment");
  const values = expressions.map((each, index) => {
    const value = evaluate(reader, each, scope);
    if (each.type !== "list_splat") return under(isCounted ? String(index) : "*", value);
    isCounted = false;
    return anywhere(value);
  });
  return union(values);
}

/** Elements of lists that are joined or repeated: their indices change. */
export function anywhere(value: Value): Value {
  return value.map(({ path, thing }) => ({ path: path.length > 0 && /^\d+$/.test(path[0]!) ? ["*", ...path.slice(1)] : path, thing }));
}

function attribute(reader: SourceReader, node: SyntaxNode, scope: Scope): Value {
  const [object, name] = [child(node, "object"), child(node, "attribute")];
  if (object === undefined || name === undefined) return nothing;
  const value = evaluate(reader, object, scope);
  const held = inside(value, reader.textOf(name)).filter(({ path, thing }) => path.length > 0 || thing.is !== "external");
  if (held.length > 0) return held;
  const [owner] = thingsOf(value);
  const dotted = owner?.is === "external" ? owner.dotted : placeOf(reader, object) === undefined ? "?" : reader.textOf(object);
  const receiver = object.type === "call" ? value : nothing;
  return mentioned(reader, node, just({ is: "external", dotted: `${dotted}.${reader.textOf(name)}`, receiver }));
}

/** A value where source mentions it: classes that are a norm's are told apart here. */
function mentioned(reader: SourceReader, node: SyntaxNode, value: Value): Value {
  if (!reader.step(value.length)) return nothing;
  return value.map((placed) => (placed.path.length === 0 ? { ...placed, thing: asNormClass(reader, node, placed.thing) } : placed));
}

function asNormClass(reader: SourceReader, node: SyntaxNode, thing: Thing): Thing {
  if (thing.is === "external" && namesNormClass(lastName(thing.dotted))) {
    const name = lastName(thing.dotted);
    return { is: "norm class", name, kind: kindOfClass(name), dotted: thing.dotted, definition: undefined, node };
  }
  if (thing.is === "class" && reader.normClasses.has(thing)) {
    return { is: "norm class", name: thing.name, kind: reader.normClasses.kindOf(thing), dotted: thing.name, definition: thing, node };
  }
  return thing;
}
