import type { NormKind } from "../shared/norm";
import type { NormSite } from "./norm-site";
import type { SyntaxNode } from "./syntax";

/**
 * What an expression of Python may evaluate to, as far as norm layers or what makes them are in it. Where source leaves a choice open
 * (`a if x else b`), all of it. Nothing is run: a value is what can be read.
 */
export type Value = readonly Placed[];

/** Something inside a value: at attributes, keys and indices; at no path if it is the value itself. */
export interface Placed {
  readonly path: readonly string[];
  readonly thing: Thing;
}

export type Thing = NormClass | ClassDefinition | FunctionDefinition | Parameter | Outcome | External;

/** A site while its paths are being found. */
export type SiteDraft = { -readonly [Field in keyof NormSite]: NormSite[Field] };

/** A class that makes norm layers, or a partial of one; one object for every mention in source. */
export interface NormClass {
  readonly is: "norm class";
  readonly name: string;
  readonly kind: NormKind | undefined;
  /** Name that it is imported by, `torch.nn.LayerNorm`; the class's own where it is of the file. */
  readonly dotted: string;
  readonly definition: ClassDefinition | undefined;
  /** Where it is mentioned. */
  readonly node: SyntaxNode;
  /** The site that hands this mention on, once it is. */
  reference?: SiteDraft;
}

/** A class of the file that is no norm's. */
export interface ClassDefinition {
  readonly is: "class";
  readonly name: string;
  readonly node: SyntaxNode;
  /** Classes and imported names that it derives from. */
  readonly bases: Value;
  readonly methods: Map<string, FunctionDefinition>;
  /** What its instances hold, by attribute. */
  readonly attributes: Placed[];
  /** Arguments that it hands to its bases. */
  superArguments?: Arguments;
  /** Sites in its own body that normalise by a function. */
  readonly functionals: SiteDraft[];
  /** Modules without a name that flax names by class and number, so far. */
  readonly autoNames: Map<string, number | "*">;
}

export interface FunctionDefinition {
  readonly is: "function";
  readonly name: string;
  /** Names in order, without `self`. */
  readonly parameters: readonly string[];
  readonly returns: Placed[];
}

/** What a function is given. */
export interface Parameter {
  readonly is: "parameter";
  readonly of: FunctionDefinition | ClassDefinition;
  readonly name: string;
  /** What it is where a caller gives nothing. */
  readonly byDefault: Value;
}

/** What a call makes: an instance, or what a function returns. It is looked up when paths are, since what is called may be given by a caller. */
export interface Outcome {
  readonly is: "outcome";
  readonly called: Value;
  readonly given: Arguments;
  /** The site that the call is, where it makes a norm layer. */
  readonly site?: SiteDraft;
}

/** What the file does not define. */
export interface External {
  readonly is: "external";
  readonly dotted: string;
  /** What it is an attribute of, where that was made on the spot: `Block(dim)` in `Block(dim).to`. */
  readonly receiver?: Value;
}

/** Arguments of a call. */
export interface Arguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

export const nothing: Value = [];

/** An element of something whose elements nobody knows. Models keep layers in lists, not classes. */
export const element: External = { is: "external", dotted: "element" };

export const noArguments: Arguments = { positional: [], named: new Map() };

export function just(thing: Thing): Value {
  return [{ path: [], thing }];
}

/** Entries of a value, at most: code that doubles what it has, line by line, would soon have more than fits. */
export const maxEntries = 256;
/** Entries of what a class or the module holds, at most. */
const maxHeld = 20_000;
/** Segments down to an entry, at most. */
const maxDepth = 24;

/** What a value has already, by thing and path. */
class Entries {
  private readonly paths = new Map<Thing | string, Set<string>>();

  /** @returns whether it was not there before */
  add({ path, thing }: Placed): boolean {
    // One name that is not the file's is the same thing wherever it is mentioned.
    const key = thing.is === "external" && thing.receiver === undefined ? thing.dotted : thing;
    const paths = this.paths.get(key) ?? new Set();
    this.paths.set(key, paths);
    return paths.size < paths.add(path.join("\n")).size;
  }
}

/** Entries of lists that grow. */
const entriesOf = new WeakMap<readonly Placed[], Entries>();

/** Values as one, without what is in it twice, and without an end that is too long. */
export function union(values: Iterable<Value>): Value {
  const all: Placed[] = [];
  const entries = new Entries();
  for (const value of values) {
    for (const placed of value) {
      if (all.length === maxEntries) return all;
      if (entries.add(placed)) all.push(placed);
    }
  }
  return all;
}

/** Adds to a list what it has not, up to so many entries. Every list that grows does so here. */
export function addTo(held: Placed[], value: Value, most = maxHeld): void {
  let entries = entriesOf.get(held);
  if (entries === undefined) {
    entries = new Entries();
    for (const placed of held) entries.add(placed);
    entriesOf.set(held, entries);
  }
  for (const placed of value) {
    if (held.length >= most) return;
    if (entries.add(placed)) held.push(placed);
  }
}

/** A value put at a path inside another; a segment with dots is several. */
export function under(segment: string, value: Value): Value {
  const segments = segment.split(".").filter((each) => each !== "");
  return value.flatMap(({ path, thing }) => (segments.length + path.length > maxDepth ? [] : [{ path: [...segments, ...path], thing }]));
}

/** What a value has at an attribute, a key or an index; `*` is any. */
export function inside(value: Value, segment: string): Value {
  return value.flatMap(({ path, thing }) => (path.length > 0 && agree(path[0]!, segment) ? [{ path: path.slice(1), thing }] : []));
}

/** Whether two segments may be the same; a `*` in the middle is taken for anything. */
function agree(one: string, other: string): boolean {
  const [pattern, text] = one.includes("*") ? [one, other] : [other, one];
  if (!pattern.includes("*") || text.includes("*")) return one === other || text.includes("*");
  return text.startsWith(pattern.slice(0, pattern.indexOf("*"))) && text.endsWith(pattern.slice(pattern.lastIndexOf("*") + 1));
}

/** The things that a value itself may be. */
export function thingsOf(value: Value): readonly Thing[] {
  return value.filter(({ path }) => path.length === 0).map(({ thing }) => thing);
}

/** What parameters among things are where callers give nothing. */
export function defaultsOf(things: readonly Thing[]): Value {
  return things.flatMap((thing) => (thing.is === "parameter" ? thing.byDefault : []));
}

/** Classes and imported names among the ancestors of a class that are looked at, at most. */
const maxAncestors = 64;

/** A class and what it derives from, each once: a base, and all of that one's, before the next base. */
export function lineage(definition: ClassDefinition): ReadonlySet<Thing> {
  const seen = new Set<Thing>();
  const left: Thing[] = [definition];
  for (let next = left.pop(); next !== undefined && seen.size < maxAncestors; next = left.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (next.is === "class") for (const base of thingsOf(next.bases).toReversed()) left.push(base);
  }
  return seen;
}

/** A method of a class, its own or inherited in the file. */
export function findMethod(definition: ClassDefinition, name: string): FunctionDefinition | undefined {
  const own = definition.methods.get(name);
  if (own !== undefined) return own;
  for (const each of lineage(definition)) {
    const method = each.is === "class" ? each.methods.get(name) : undefined;
    if (method !== undefined) return method;
  }
  return undefined;
}
