import { anywhere, comprehension, evaluate } from "./expressions";
import { kindOfFunction, lastName, namesForeignNorm, namesNormClassGiver, namesNormTable, namesNormVariable } from "./norm-names";
import type { NormKind } from "../shared/norm";
import { addAt, placeOf, segmentOf } from "./places";
import type { Scope } from "./scope";
import type { SourceReader } from "./source-reader";
import { styleOfCalled } from "./styles";
import { child, descendants, type SyntaxNode } from "./syntax";
import { element, inside, just, noArguments, nothing, thingsOf, under, type Arguments, type ClassDefinition, type NormClass, type Thing, type Value } from "./values";

/** A call that is being read. */
interface Call {
  readonly reader: SourceReader;
  readonly node: SyntaxNode;
  /** What is called, as it is written. */
  readonly callee: SyntaxNode;
  readonly called: Value;
  /** Arguments as they are written. */
  readonly written: readonly SyntaxNode[];
  readonly scope: Scope;
}

/** What a call gives. */
export function readCall(reader: SourceReader, node: SyntaxNode, scope: Scope): Value {
  const [callee, list] = [child(node, "function"), child(node, "arguments")];
  if (callee === undefined || list === undefined) return nothing;
  const written = list.type === "argument_list" ? list.children.filter(({ type }) => type !== "comment") : [list];
  const change = readChange(reader, callee, written, scope);
  if (change) return nothing;
  const call: Call = { reader, node, callee, called: methodOfSelf(reader, callee, scope) ?? evaluate(reader, callee, scope), written, scope };
  return normLayer(call) ?? normFunction(call) ?? container(call) ?? partial(call) ?? heldAttribute(call) ?? outcome(call) ?? passedThrough(call);
}

/** Calls that add modules to what is there: `layers.append(block)`, `self.add_module("norm", norm)`, `setattr(self, "norm", norm)`. */
function readChange(reader: SourceReader, callee: SyntaxNode, written: readonly SyntaxNode[], scope: Scope): boolean {
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

/** `self.make_layer(dim)`: a method of the class or of its bases. */
function methodOfSelf(reader: SourceReader, callee: SyntaxNode, scope: Scope): Value | undefined {
  const { owner } = scope.belonging;
  const [object, name] = [child(callee, "object"), child(callee, "attribute")];
  if (owner === undefined || object?.type !== "identifier" || name === undefined) return undefined;
  if (scope.find(reader.textOf(object)) !== owner.attributes) return undefined;
  const method = findMethod(owner, reader.textOf(name));
  return method && just(method);
}

/** A method of a class, its own or inherited in the file. */
export function findMethod(definition: ClassDefinition, name: string, depth = 0): Thing | undefined {
  const own = definition.methods.get(name);
  if (own !== undefined || depth > 12) return own;
  for (const base of thingsOf(definition.bases)) {
    const inherited = base.is === "class" ? findMethod(base, name, depth + 1) : undefined;
    if (inherited !== undefined) return inherited;
  }
  return undefined;
}

/** A norm class is called, or what holds one. */
function normLayer(call: Call): Value | undefined {
  const { reader, node, callee, called, scope } = call;
  const things = thingsOf(called);
  const classes = things.filter((thing) => thing.is === "norm class");
  if (classes.length === 0 && !holdsNormClass(reader, callee, things)) return undefined;
  if (things.some((thing) => thing.is === "external" && namesForeignNorm(thing.dotted))) return undefined;
  const [only] = classes;
  const kind = classes.length === things.length ? commonKind(classes) : undefined;
  const isNamed = callee.type === "identifier" ? kind !== undefined || things.length === 1 : only?.reference === undefined;
  const form = classes.length === things.length && isNamed ? "constructor" : "variable";
  const dotted = only?.dotted ?? "";
  const framework = reader.frameworkOf(only?.definition === undefined ? dotted : "");
  const channels = channelsOf(call, kind, dotted);
  const site = reader.site(node, form, callee, scope, { framework, ...(kind === undefined ? {} : { kind }), ...(channels === undefined ? {} : { channels }) });
  const [byDefault] = thingsOf(parameterDefaults(things)).filter((thing) => thing.is === "norm class");
  return named(call, { is: "outcome", called, given: readArguments(call, true), site }, (only ?? byDefault)?.name ?? "*");
}

/** Whether something that is called holds a norm class, as far as its name or its default tells. */
function holdsNormClass(reader: SourceReader, callee: SyntaxNode, things: readonly Thing[]): boolean {
  if (things.some((thing) => thing.is === "parameter" && thingsOf(thing.byDefault).some(({ is }) => is === "norm class"))) return true;
  if (!things.every((thing) => thing.is === "external" || thing.is === "parameter" || thing.is === "function" || (thing.is === "outcome" && thing.site === undefined))) return false;
  if (thingsOf(parameterDefaults(things)).some((thing) => thing.is === "external" && namesForeignNorm(thing.dotted))) return false;
  if (things.includes(element)) return false;
  const name = (node: SyntaxNode | undefined) => lastName(reader.textOf(node ?? callee));
  if (callee.type === "call") return namesNormClassGiver(name(child(callee, "function")));
  if (callee.type === "subscript") return namesNormTable(name(child(callee, "value")));
  return namesNormVariable(name(callee));
}

function parameterDefaults(things: readonly Thing[]): Value {
  return things.flatMap((thing) => (thing.is === "parameter" ? thing.byDefault : []));
}

/** What all classes compute; undefined where they differ. */
function commonKind(classes: readonly NormClass[]): NormKind | undefined {
  const [kind] = classes.map((each) => each.kind);
  return classes.every((each) => each.kind === kind) ? kind : undefined;
}

/** Keywords of what is normalised over. */
const channelKeywords = new Set(["normalized_shape", "hidden_size", "dim", "num_channels", "num_features", "n_embd", "d_model", "embed_dim", "channels", "features", "size"]);

/** Source text of the number of channels; linen's and keras's norms find it out. */
function channelsOf({ reader, written }: Call, kind: NormKind | undefined, dotted: string): string | undefined {
  if (/^(flax\.linen|keras|tensorflow|tf_keras|haiku)\b/.test(dotted)) return undefined;
  const keyword = written.find((each) => each.type === "keyword_argument" && channelKeywords.has(reader.textOf(each.children[0] ?? each)));
  const positional = written.filter(({ type }) => type !== "keyword_argument" && type !== "list_splat" && type !== "dictionary_splat");
  const node = keyword === undefined ? positional[kind === "groupnorm" ? 1 : 0] : child(keyword, "value");
  const text = node && reader.textOf(node);
  return text === undefined || /^(self\.)?(config|cfg|args)$/.test(text) ? undefined : text;
}

/** `F.layer_norm(x, shape, self.ln.weight, self.ln.bias)` */
function normFunction(call: Call): Value | undefined {
  const { reader, node, callee, called, scope, written } = call;
  const [external] = thingsOf(called);
  const kind = external?.is === "external" ? kindOfFunction(external.dotted) : undefined;
  if (kind === undefined) return undefined;
  const site = reader.site(node, "functional", callee, scope, { framework: "torch", kind });
  const { owner } = scope.belonging;
  if (owner !== undefined && reader.normClasses.has(owner)) owner.functionals.push(site);
  else owner?.attributes.push(...weightOwners(reader, written).flatMap((path) => under(path, just({ is: "outcome", called: nothing, given: noArguments, site }))));
  readArguments(call, false);
  return nothing;
}

/** Modules whose weight is an argument: `ln` of `self.ln.weight` and of `self.ln_weight`. */
function weightOwners(reader: SourceReader, written: readonly SyntaxNode[]): string[] {
  const attributes = written.flatMap((each) => [...descendants(each)].filter(({ type }) => type === "attribute"));
  return attributes.flatMap((each) => /^self\.(.+)[._](weight|gamma|scale)$/.exec(reader.textOf(each))?.[1] ?? []);
}

/** Containers of modules, and Python's own, give what is in them. */
function container(call: Call): Value | undefined {
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
      return written.flatMap((each) => evaluate(reader, each, scope));
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
  return written.flatMap((each, index) => {
    const value = evaluate(reader, each, scope);
    if (each.type === "list_splat") isCounted = false;
    return each.type === "list_splat" ? anywhere(value) : under(isCounted ? String(index) : "*", value);
  });
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
  const tuple = (node: SyntaxNode): Value => {
    const [key, value] = node.children;
    return node.type !== "tuple" || key === undefined || value === undefined ? nothing : under(segmentOf(reader, key), reader.handOn(evaluate(reader, value, scope), scope));
  };
  return written.flatMap((each) => {
    if (each.type === "keyword_argument") return keyword({ reader, scope }, each).value;
    if (each.type === "list" || each.type === "tuple") return each.children.flatMap(tuple);
    if (each.type === "list_comprehension" || each.type === "generator_expression") return comprehension(reader, each, scope, tuple);
    return evaluate(reader, each, scope);
  });
}

function keyword({ reader, scope }: Pick<Call, "reader" | "scope">, node: SyntaxNode): { name: string; value: Value } {
  const [name, value] = [child(node, "name"), child(node, "value")];
  const key = name === undefined ? "*" : reader.textOf(name);
  return { name: key, value: value === undefined ? nothing : under(key, reader.handOn(evaluate(reader, value, scope), scope)) };
}

/** `partial(nn.LayerNorm, eps=1e-6)` is the class that is called later. */
function partial(call: Call): Value | undefined {
  const { reader, node, called, written, scope } = call;
  const [external] = thingsOf(called);
  const [what, ...rest] = written;
  if (external?.is !== "external" || lastName(external.dotted) !== "partial" || what === undefined) return undefined;
  const value = evaluate(reader, what, scope);
  for (const thing of thingsOf(value)) {
    if (thing.is === "norm class") thing.reference ??= reader.reference(thing, node, scope);
  }
  readArguments({ reader, scope, written: rest }, true);
  return value.filter(({ path }) => path.length === 0);
}

/** `getattr(self, f"norm{i}")` */
function heldAttribute({ reader, callee, written: [object, name], scope }: Call): Value | undefined {
  if (reader.textOf(callee) !== "getattr" || object === undefined || name === undefined) return undefined;
  const held = inside(evaluate(reader, object, scope), segmentOf(reader, name));
  return held.length > 0 || reader.textOf(object) !== "self" ? held : just(element);
}

/** Something of the file is called, or what a caller gives. */
function outcome(call: Call): Value | undefined {
  const { called } = call;
  const callable = called.filter(({ path, thing }) => path.length === 0 && (thing.is === "class" || thing.is === "function" || thing.is === "parameter" || thing.is === "outcome"));
  if (callable.length === 0) return undefined;
  const [first] = thingsOf(callable);
  return named(call, { is: "outcome", called: callable, given: readArguments(call, true) }, first?.is === "class" ? first.name : "");
}

/** A layer that was made, under the name that it gets where it is made: linen's and keras's do. */
function named({ reader, called, written, scope }: Call, thing: Thing, className: string): Value {
  const style = styleOfCalled(called) ?? styleOfCalled(parameterDefaults(thingsOf(called)));
  const value = just(thing);
  const given = written.find((each) => each.type === "keyword_argument" && reader.textOf(each.children[0] ?? each) === "name");
  const name = given && child(given, "value");
  const { owner, isCompact } = scope.belonging;
  if (style === "keras" && name !== undefined) (owner?.attributes ?? reader.loose).push(...under(segmentOf(reader, name), value));
  if (style === "linen" && isCompact === true && owner !== undefined) {
    owner.attributes.push(...under(name === undefined ? autoName(owner, className, scope) : segmentOf(reader, name), value));
  }
  return value;
}

/** linen counts the modules of a class that have no name: `LayerNorm_0`; a loop makes any number. */
function autoName(owner: ClassDefinition, className: string, scope: Scope): string {
  const count = scope.isInLoop ? "*" : (owner.autoNames.get(className) ?? 0);
  owner.autoNames.set(className, count === "*" ? "*" : count + 1);
  return `${className}_${count}`;
}

/**
 * What is not known keeps what it is given: a function hands its first argument back (`checkpoint_wrapper(block)`), more often where it
 * clones; a class holds its arguments, by keyword under that name.
 */
function passedThrough(call: Call): Value {
  const { reader, called, scope } = call;
  const [external] = thingsOf(called);
  if (external?.is !== "external") {
    readArguments(call, false);
    return nothing;
  }
  const name = lastName(external.dotted);
  const isClass = /^_*[A-Z]/.test(name);
  const { positional, named: byName } = readArguments({ ...call, scope }, false);
  const made = external.receiver === undefined ? nothing : modules(external.receiver);
  if (made.length > 0) return made;
  const [first = nothing] = positional;
  if (/clone|repeat/i.test(name)) return under("*", modules(first));
  if (!isClass) return reader.textOf(call.callee).startsWith("self.") ? nothing : first;
  const rest = positional.map((value) => under(/^Transformer(En|De)coder$/.test(name) ? "layers.*" : "*", modules(value)));
  return [...rest.flat(), ...[...byName].flatMap(([key, value]) => under(key, modules(value)))];
}

function modules(value: Value): Value {
  return value.filter(({ thing }) => thing.is === "outcome" || thing.is === "parameter");
}

/** Arguments by place and by name. Norm classes among them are handed on: those by keyword always, the others to what is known. */
function readArguments({ reader, written, scope }: Pick<Call, "reader" | "written" | "scope">, isKnown: boolean): Arguments {
  const positional: Value[] = [];
  const byName = new Map<string, Value>();
  for (const each of written) {
    const value = each.type === "keyword_argument" ? child(each, "value") : each;
    const read = value === undefined ? nothing : evaluate(reader, value, scope);
    if (each.type === "keyword_argument") byName.set(reader.textOf(each.children[0] ?? each), reader.handOn(read, scope));
    else if (each.type !== "list_splat" && each.type !== "dictionary_splat") positional.push(isKnown ? reader.handOn(read, scope) : read);
  }
  return { positional, named: byName };
}
