import type { NormKind } from "../shared/norm";
import { lastName } from "./norm-names";
import type { SourceReader } from "./source-reader";
import { findMethod, noArguments, thingsOf, type Arguments, type ClassDefinition, type FunctionDefinition, type Parameter, type SiteDraft, type Thing, type Value } from "./values";

/** Paths of one site, at most. */
const maxPaths = 64;
/** Segments of a path, at most. */
const maxSegments = 12;
/** Calls of calls that are looked through for what is called, at most. */
const maxCalls = 12;
/** Things looked at from one class, and in one file, at most. */
const maxSteps = { class: 5_000, file: 50_000 };

/** A call that is being followed: what its parameters are, in the frame of who called. */
interface Frame {
  readonly of: FunctionDefinition | ClassDefinition | undefined;
  readonly given: Arguments;
  readonly caller: Frame | undefined;
  /** Classes and functions that are being followed around it: what contains itself is not followed again. */
  readonly within: readonly (FunctionDefinition | ClassDefinition)[];
}

/** Something that may be called, in the frame where it stands. */
interface Callable {
  readonly thing: Thing;
  readonly frame: Frame;
}

/** Things inside each other that are followed, at most, so that nothing runs out of stack. */
const maxNesting = 300;

/** Frame of what nobody calls: parameters are their defaults. */
const outermost: Frame = { of: undefined, given: noArguments, caller: undefined, within: [] };

/** Gives every site its paths, and its kind where all that it may call agree, seen from each class of the file, and from the module and its functions for what is in no class. */
export function findPaths(reader: SourceReader): void {
  const finder = new PathFinder(reader);
  for (const definition of reader.classes) finder.followFrom(definition);
  finder.follow(reader.loose, outermost, []);
  finder.only = new Set(reader.sites.filter(({ paths }) => paths.length === 0));
  for (const { returns } of reader.functions) finder.follow(returns, outermost, []);
  finder.forgetUnusedReferences();
  finder.tellKinds();
}

class PathFinder {
  /** Sites that get paths; all where it is not set. */
  only: ReadonlySet<SiteDraft> | undefined;
  /** What sites that call a variable may compute; undefined among it where that is not known. */
  private readonly kinds = new Map<SiteDraft, Set<NormKind | undefined>>();
  /** Whether something was not followed to its end. */
  private isCut = false;
  private steps = 0;
  private nesting = 0;
  /** Steps at which what is followed ends. */
  private lastStep = maxSteps.file;
  /** Class that paths are seen from; undefined for the module. */
  private from: ClassDefinition | undefined;
  /** Classes from which references are seen. */
  private readonly seenFrom = new Map<SiteDraft, Set<ClassDefinition | undefined>>();
  /** Classes that others of the file contain. */
  private readonly contained = new Set<ClassDefinition>();

  constructor(private readonly reader: SourceReader) {}

  /** Follows what a class holds, as seen from it. */
  followFrom(definition: ClassDefinition): void {
    this.from = definition;
    this.lastStep = Math.min(this.steps + maxSteps.class, maxSteps.file);
    this.followInstance(definition, noArguments, outermost, []);
    this.lastStep = maxSteps.file;
    this.from = undefined;
  }

  /** A default that every class of the file overrides makes no layer, though it is seen from the class that has it. */
  forgetUnusedReferences(): void {
    for (const [site, classes] of this.seenFrom) {
      if ([...classes].every((each) => each !== undefined && this.contained.has(each))) site.paths = [];
    }
  }

  /** Tells what sites compute that call a variable, where everything that it may hold does the same. */
  tellKinds(): void {
    if (this.isCut) return;
    for (const [site, kinds] of this.kinds) {
      const [kind] = kinds;
      if (kinds.size === 1 && kind !== undefined) site.kind = kind;
    }
  }

  /** Follows what a value holds. */
  follow(value: Value, frame: Frame, path: readonly string[]): void {
    for (const placed of value) this.followThing(placed.thing, frame, [...path, ...placed.path]);
  }

  private followThing(thing: Thing, frame: Frame, path: readonly string[]): void {
    if (!this.step() || path.length > maxSegments || this.nesting === maxNesting) return;
    this.nesting++;
    if (thing.is === "outcome") {
      const callable = this.resolved(thing.called, frame);
      if (thing.site !== undefined) {
        this.keep(thing.site, path);
        if (thing.site.kind === undefined && thing.site.form === "variable") this.noteKinds(thing.site, callable, frame);
      }
      for (const called of callable) this.followCall(called.thing, thing.given, frame, path);
    }
    if (thing.is === "parameter") {
      const given = argument(thing, frame);
      this.follow(given.value, given.frame, path);
    }
    this.nesting--;
  }

  /** Counts a step; whether it may be taken. */
  private step(): boolean {
    this.isCut ||= this.steps >= this.lastStep;
    return ++this.steps <= this.lastStep;
  }

  /** What may be called, with parameters replaced by what callers give, and calls of functions by what those return. */
  private resolved(value: Value, frame: Frame, depth = 0): Callable[] {
    if (depth > maxCalls) return [];
    return thingsOf(value).flatMap((thing) => {
      if (!this.step()) return [];
      if (thing.is === "parameter") {
        const given = argument(thing, frame);
        return this.resolved(given.value, given.frame, depth + 1);
      }
      if (thing.is !== "outcome") return [{ thing, frame }];
      return this.resolved(thing.called, frame, depth + 1).flatMap(({ thing: called }) => {
        const inner = called.is === "function" ? frameOfFunction(called, thing.given, frame) : undefined;
        return called.is === "function" && inner !== undefined ? this.resolved(called.returns, inner, depth + 1) : [];
      });
    });
  }

  /** Where nobody calls, a parameter without a default tells nothing; where somebody hands on what is not known, it may be anything. */
  private noteKinds(site: SiteDraft, callable: readonly Callable[], frame: Frame): void {
    const isCalled = frame.caller !== undefined && frame.caller !== outermost;
    const layers = callable.filter(({ thing }) => thing.is !== "external" || lastName(thing.dotted) !== "Identity");
    const kinds = layers.map(({ thing }) => (thing.is === "norm class" ? thing.kind : undefined));
    const known = this.kinds.get(site) ?? new Set();
    this.kinds.set(site, known);
    for (const kind of layers.length === 0 && isCalled ? [undefined] : kinds) known.add(kind);
  }

  private followCall(called: Thing, given: Arguments, frame: Frame, path: readonly string[]): void {
    if (called.is === "norm class") this.keepNormClass(called, given, path);
    if (called.is === "function") {
      const inner = frameOfFunction(called, given, frame);
      if (inner !== undefined) this.follow(called.returns, inner, path);
    }
    if (called.is === "class") {
      if (called !== this.from) this.contained.add(called);
      this.followInstance(called, given, frame, path);
    }
  }

  /** Follows what an instance of a class holds. */
  private followInstance(definition: ClassDefinition, given: Arguments, caller: Frame, path: readonly string[]): void {
    if (caller.within.includes(definition)) return;
    this.followAttributes(definition, { of: findMethod(definition, "__init__") ?? definition, given, caller, within: [...caller.within, definition] }, path);
  }

  /** Follows the attributes of a class and of its bases. A class without an `__init__` of its own shares the one of its base, and its frame. */
  private followAttributes(definition: ClassDefinition, frame: Frame, path: readonly string[]): void {
    if (frame.within.length > maxNesting) return;
    this.follow(definition.attributes, frame, path);
    for (const base of thingsOf(definition.bases)) {
      if (base.is !== "class" || base === definition || !this.step()) continue;
      if (definition.methods.has("__init__")) this.followInstance(base, definition.superArguments ?? noArguments, frame, path);
      else if (!frame.within.includes(base)) this.followAttributes(base, { ...frame, within: [...frame.within, base] }, path);
    }
  }

  /** A norm class that is called stands, where it is mentioned, for the layer that it makes; so do the functions that its body calls. */
  private keepNormClass({ reference, definition }: Thing & { is: "norm class" }, given: Arguments, path: readonly string[]): void {
    if (reference !== undefined) {
      this.keep(reference, path);
      if (isMoreThanDyt(given)) this.reader.calledWithMore.add(reference);
      this.seenFrom.set(reference, (this.seenFrom.get(reference) ?? new Set()).add(this.from));
    }
    for (const site of definition?.functionals ?? []) this.keep(site, path);
  }

  private keep(site: SiteDraft, path: readonly string[]): void {
    const isKnown = () => site.paths.some((known) => known.length === path.length && known.every((segment, index) => segment === path[index]));
    if (path.length === 0 || site.paths.length >= maxPaths || this.only?.has(site) === false || isKnown()) return;
    site.paths = [...site.paths, path].sort((one, other) => one.length - other.length);
  }
}

/** Whether a norm is made with more than a DyT takes: the channels, and a name in flax and keras. */
function isMoreThanDyt({ positional, named }: Arguments): boolean {
  return positional.length > 1 || [...named.keys()].some((name) => name !== "name" && name !== "normalized_shape");
}

/** The frame in which a function's returns are followed; undefined where it calls itself. */
function frameOfFunction(of: FunctionDefinition, given: Arguments, caller: Frame): Frame | undefined {
  return caller.within.includes(of) ? undefined : { of, given, caller, within: [...caller.within, of] };
}

/** What a parameter is: what the nearest caller gives, else its default. */
function argument(parameter: Parameter, frame: Frame): { value: Value; frame: Frame } {
  let at: Frame | undefined = frame;
  while (at !== undefined && at.of !== parameter.of) at = at.caller;
  const given = at?.given.named.get(parameter.name) ?? at?.given.positional[placeAmong(parameter)];
  return at?.caller === undefined || given === undefined ? { value: parameter.byDefault, frame } : { value: given, frame: at.caller };
}

function placeAmong({ of, name }: Parameter): number {
  return of.is === "function" ? of.parameters.indexOf(name) : -1;
}
