import { readArguments, writtenArguments, type Call } from "./arguments";
import { readChange } from "./changes";
import { readContainer } from "./containers";
import { evaluate } from "./expressions";
import { named } from "./naming";
import { readNormFunction, readNormLayer } from "./norm-calls";
import { lastName } from "./norm-names";
import { segmentOf } from "./places";
import type { Scope } from "./scope";
import type { SourceReader } from "./source-reader";
import { child, type SyntaxNode } from "./syntax";
import { noteStartAlpha } from "./start-alpha";
import { element, findMethod, inside, just, nothing, thingsOf, under, union, type Value } from "./values";

/** What a call gives. */
export function readCall(reader: SourceReader, node: SyntaxNode, scope: Scope): Value {
  const [callee, list] = [child(node, "function"), child(node, "arguments")];
  if (callee === undefined || list === undefined) return nothing;
  const written = writtenArguments(list);
  if (readChange(reader, callee, written, scope)) return nothing;
  const call: Call = { reader, node, callee, called: methodOfSelf(reader, callee, scope) ?? evaluate(reader, callee, scope), written, scope };
  return readNormLayer(call) ?? readNormFunction(call) ?? readContainer(call) ?? partial(call) ?? heldAttribute(call) ?? outcome(call) ?? passedThrough(call);
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

/** `partial(nn.LayerNorm, eps=1e-6)` is the class that is called later. */
function partial(call: Call): Value | undefined {
  const { reader, node, called, written, scope } = call;
  const [external] = thingsOf(called);
  const [what, ...rest] = written;
  if (external?.is !== "external" || lastName(external.dotted) !== "partial" || what === undefined) return undefined;
  const value = evaluate(reader, what, scope);
  for (const thing of thingsOf(value)) {
    if (thing.is !== "norm class") continue;
    thing.reference ??= reader.reference(thing, node, scope);
    noteStartAlpha(reader, thing.reference, thing, written, false);
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

/**
 * What is not known keeps what it is given: a function hands its first argument back (`checkpoint_wrapper(block)`), more often where it
 * clones; a class holds its arguments, by keyword under that name.
 */
function passedThrough(call: Call): Value {
  const { reader, called } = call;
  const [external] = thingsOf(called);
  if (external?.is !== "external") {
    readArguments(call, false);
    return nothing;
  }
  const name = lastName(external.dotted);
  const isClass = /^_*[A-Z]/.test(name);
  const { positional, named: byName } = readArguments(call, false);
  const made = external.receiver === undefined ? nothing : modules(external.receiver);
  if (made.length > 0) return made;
  const [first = nothing] = positional;
  if (/clone|repeat/i.test(name)) return under("*", modules(first));
  if (!isClass) return reader.textOf(call.callee).startsWith("self.") ? nothing : first;
  const rest = positional.map((value) => under(/^Transformer(En|De)coder$/.test(name) ? "layers.*" : "*", modules(value)));
  return union([...rest, ...[...byName].map(([key, value]) => under(key, modules(value)))]);
}

function modules(value: Value): Value {
  return value.filter(({ thing }) => thing.is === "outcome" || thing.is === "parameter");
}
