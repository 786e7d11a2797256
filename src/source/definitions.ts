import { evaluate } from "./expressions";
import { lastName } from "./norm-names";
import { Scope } from "./scope";
import type { SourceReader } from "./source-reader";
import { child, type SyntaxNode } from "./syntax";
import { addTo, just, union, type ClassDefinition, type FunctionDefinition, type Value } from "./values";

/** Methods that make modules are read before those that use them. */
const makingMethods: readonly string[] = ["__init__", "setup", "build"];

/** One parameter of a function, and what it is where a caller gives nothing. */
interface DeclaredParameter {
  readonly name: string;
  readonly byDefault: Value;
}

/** A definition under decorators; `@nn.compact` lets modules name themselves. */
export function readDecorated(reader: SourceReader, node: SyntaxNode, scope: Scope): void {
  const definition = child(node, "definition");
  if (definition?.type === "class_definition") readClass(reader, definition, scope);
  if (definition?.type !== "function_definition") return;
  const decorators = node.children.filter(({ type }) => type === "decorator").map((each) => lastName(reader.textOf(each).slice(1).trim()));
  readFunction(reader, definition, scope, decorators);
}

export function readClass(reader: SourceReader, node: SyntaxNode, scope: Scope): void {
  const name = child(node, "name");
  if (name === undefined) return;
  const superclasses = child(node, "superclasses")?.children.filter(({ type }) => type !== "keyword_argument") ?? [];
  const bases = union(superclasses.map((each) => evaluate(reader, each, scope)));
  const definition: ClassDefinition = { is: "class", name: reader.textOf(name), node, bases, methods: new Map(), attributes: [], functionals: [], autoNames: new Map() };
  reader.classes.push(definition);
  scope.bind(definition.name, just(definition));
  const first = reader.bodies.length;
  reader.readAll(bodyOf(node), new Scope(scope, { owner: definition, isClassBody: true }));
  const bodies = reader.bodies.splice(first);
  const makes = ({ name: method }: { readonly name: string }) => makingMethods.includes(method);
  for (const body of [...bodies.filter(makes), ...bodies.filter((each) => !makes(each))]) reader.bodies.push(body);
}

/** Binds a function's name, and leaves its body for later. */
export function readFunction(reader: SourceReader, node: SyntaxNode, scope: Scope, decorators: readonly string[] = []): void {
  const name = reader.textOf(child(node, "name") ?? node);
  const { owner, isClassBody = false } = scope.belonging;
  const method = isClassBody ? owner : undefined;
  const declared = declaredParameters(reader, child(node, "parameters"), scope);
  const self = method !== undefined && !decorators.includes("staticmethod") ? declared.shift() : undefined;
  const definition: FunctionDefinition = { is: "function", name, parameters: declared.map((each) => each.name), returns: [] };
  if (method === undefined) {
    reader.functions.push(definition);
    scope.bind(name, just(definition));
  } else {
    method.methods.set(name, definition);
  }
  // Names of a class body are no names in its methods.
  const inner = new Scope(isClassBody ? scope.outer : scope, { owner, body: definition, isCompact: decorators.includes("compact") });
  bindParameters(declared, definition, inner);
  if (self !== undefined && method !== undefined) bindSelf(self.name, method, decorators, inner);
  reader.bodies.push({
    name,
    read: () => {
      reader.readAll(bodyOf(node), inner);
    },
  });
}

/** Statements of a definition; those beside an error stand there while the text is being typed. */
function bodyOf(node: SyntaxNode): readonly SyntaxNode[] {
  return node.children.flatMap((each) => (each.field === "body" ? each.children : each.type === "ERROR" ? [each] : []));
}

function bindSelf(name: string, owner: ClassDefinition, decorators: readonly string[], scope: Scope): void {
  if (decorators.includes("classmethod")) scope.bind(name, just(owner));
  else scope.share(name, owner.attributes);
}

/** A function without a name; its body is read at once. */
export function readLambda(reader: SourceReader, node: SyntaxNode, scope: Scope): Value {
  const declared = declaredParameters(reader, child(node, "parameters"), scope);
  const definition: FunctionDefinition = { is: "function", name: "lambda", parameters: declared.map(({ name }) => name), returns: [] };
  const inner = new Scope(scope, { owner: scope.belonging.owner, body: definition });
  bindParameters(declared, definition, inner);
  const body = child(node, "body");
  if (body !== undefined) addTo(definition.returns, reader.handOn(evaluate(reader, body, inner), inner));
  return just(definition);
}

function bindParameters(declared: readonly DeclaredParameter[], definition: FunctionDefinition, scope: Scope): void {
  for (const { name, byDefault } of declared) scope.bind(name, just({ is: "parameter", of: definition, name, byDefault }));
}

function declaredParameters(reader: SourceReader, parameters: SyntaxNode | undefined, scope: Scope): DeclaredParameter[] {
  return (parameters?.children ?? []).flatMap((each) => {
    const name = each.type === "identifier" ? each : (child(each, "name") ?? each.children.find(({ type }) => type === "identifier"));
    if (name === undefined) return [];
    const value = child(each, "value");
    return [{ name: reader.textOf(name), byDefault: value === undefined ? [] : reader.handOn(evaluate(reader, value, scope), scope) }];
  });
}
