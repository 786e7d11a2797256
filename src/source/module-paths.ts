import { findMethod } from "./calls";
import type { SourceReader } from "./source-reader";
import { noArguments, thingsOf, type Arguments, type ClassDefinition, type FunctionDefinition, type Outcome, type Parameter, type SiteDraft, type Thing, type Value } from "./values";

/** Paths of one site, at most. */
const maxPaths = 64;
/** Segments of a path, at most. */
const maxSegments = 12;
/** How often something may contain itself. */
const maxNesting = 2;
/** Things looked at in one file, at most. */
const maxSteps = 50_000;

/** A call that is being followed: what its parameters are, in the frame of who called. */
interface Frame {
  readonly of: FunctionDefinition | ClassDefinition;
  readonly given: Arguments;
  readonly caller: Frame | undefined;
}

/** Gives every site its paths, seen from each class of the file, and from functions and the module for what is in no class. */
export function findPaths(reader: SourceReader): void {
  const finder = new PathFinder(reader);
  for (const definition of reader.classes) finder.followFrom(definition);
  finder.follow(reader.loose, undefined, []);
  const withoutPath = new Set(reader.sites.filter(({ paths }) => paths.length === 0));
  finder.only = withoutPath;
  for (const { returns } of reader.functions) finder.follow(returns, undefined, []);
  finder.forgetUnusedReferences();
}

class PathFinder {
  /** Sites that get paths; all where it is not set. */
  only: ReadonlySet<SiteDraft> | undefined;
  private steps = 0;
  /** Class that paths are seen from. */
  private from: ClassDefinition | undefined;
  /** Classes from which references are seen; undefined stands for the module. */
  private readonly seenFrom = new Map<SiteDraft, Set<ClassDefinition | undefined>>();
  /** Classes that others of the file contain. */
  private readonly contained = new Set<ClassDefinition>();
  private readonly entered: (FunctionDefinition | ClassDefinition)[] = [];

  constructor(private readonly reader: SourceReader) {}

  /** Follows what a class holds, as seen from it. */
  followFrom(definition: ClassDefinition): void {
    this.from = definition;
    this.followInstance(definition, undefined, []);
    this.from = undefined;
  }

  /** A default that every class of the file overrides makes no layer, though it is seen from the class that has it. */
  forgetUnusedReferences(): void {
    for (const [site, classes] of this.seenFrom) {
      if ([...classes].every((each) => each !== undefined && this.contained.has(each))) site.paths = [];
    }
  }

  /** Follows what a value holds. */
  follow(value: Value, frame: Frame | undefined, path: readonly string[]): void {
    for (const placed of value) this.followThing(placed.thing, frame, [...path, ...placed.path]);
  }

  /** Follows what an instance of a class holds, its bases' attributes too. */
  followInstance(definition: ClassDefinition, frame: Frame | undefined, path: readonly string[]): void {
    this.enter(definition, () => {
      this.follow(definition.attributes, frame, path);
      const baseGiven = definition.superArguments ?? noArguments;
      for (const base of thingsOf(definition.bases)) {
        if (base.is === "class") this.followInstance(base, definition.methods.has("__init__") ? frameOf(base, baseGiven, frame) : frame, path);
      }
    });
  }

  private followThing(thing: Thing, frame: Frame | undefined, path: readonly string[]): void {
    if (++this.steps > maxSteps || path.length > maxSegments) return;
    if (thing.is === "outcome") {
      if (thing.site !== undefined) this.keep(thing.site, path);
      for (const called of resolved(thing.called, frame)) this.followCall(called.thing, thing.given, frameOf(called.thing, thing.given, frame), path);
    }
    if (thing.is === "parameter") {
      const { value, frame: giver } = argument(thing, frame);
      this.follow(value, giver, path);
    }
  }

  private followCall(called: Thing, given: Arguments, frame: Frame | undefined, path: readonly string[]): void {
    if (called.is === "class") {
      if (called !== this.from) this.contained.add(called);
      this.followInstance(called, frame, path);
    }
    if (called.is === "function") {
      this.enter(called, () => {
        this.follow(called.returns, frame, path);
      });
    }
    this.keepNormClass(called, given, path);
  }

  /** A norm class that is called stands, where it is mentioned, for the layer that it makes; so do the functions that its body calls. */
  private keepNormClass(thing: Thing, given: Arguments, path: readonly string[]): void {
    if (thing.is !== "norm class") return;
    if (thing.reference !== undefined) {
      this.keep(thing.reference, path);
      if (isMoreThanDyt(given)) this.reader.calledWithMore.add(thing.reference);
      this.seenFrom.set(thing.reference, (this.seenFrom.get(thing.reference) ?? new Set()).add(this.from));
    }
    for (const site of thing.definition?.functionals ?? []) this.keep(site, path);
  }

  private keep(site: SiteDraft, path: readonly string[]): void {
    const isKnown = () => site.paths.some((known) => known.length === path.length && known.every((segment, index) => segment === path[index]));
    if (path.length === 0 || site.paths.length >= maxPaths || this.only?.has(site) === false || isKnown()) return;
    site.paths = [...site.paths, path].sort((one, other) => one.length - other.length);
  }

  /** Reads what is inside a class or a function, unless it contains itself once too often. */
  private enter(definition: FunctionDefinition | ClassDefinition, read: () => void): void {
    if (this.entered.filter((each) => each === definition).length >= maxNesting) return;
    this.entered.push(definition);
    read();
    this.entered.pop();
  }
}

/** Whether a norm is made with more than a DyT takes: the channels, and a name in flax and keras. */
function isMoreThanDyt({ positional, named }: Arguments): boolean {
  return positional.length > 1 || [...named.keys()].some((name) => name !== "name" && name !== "normalized_shape");
}

/** The frame in which something called is followed. */
function frameOf(called: Thing, given: Arguments, caller: Frame | undefined): Frame | undefined {
  if (called.is === "function") return { of: called, given, caller };
  if (called.is !== "class") return undefined;
  const init = findMethod(called, "__init__");
  return { of: init?.is === "function" ? init : called, given, caller };
}

/** What a parameter is: what the nearest caller gives, else its default. */
function argument(parameter: Parameter, frame: Frame | undefined): { value: Value; frame: Frame | undefined } {
  let at = frame;
  while (at !== undefined && at.of !== parameter.of) at = at.caller;
  const given = at?.given.named.get(parameter.name) ?? (at === undefined ? undefined : at.given.positional[placeAmong(parameter)]);
  return given === undefined ? { value: parameter.byDefault, frame } : { value: given, frame: at?.caller };
}

function placeAmong({ of, name }: Parameter): number {
  return of.is === "function" ? of.parameters.indexOf(name) : -1;
}

/** What may be called, with parameters replaced by what callers give and functions by what they return. */
function resolved(value: Value, frame: Frame | undefined, depth = 0): { thing: Thing; frame: Frame | undefined }[] {
  if (depth > maxSegments) return [];
  return thingsOf(value).flatMap((thing) => {
    if (thing.is === "parameter") {
      const given = argument(thing, frame);
      return resolved(given.value, given.frame, depth + 1);
    }
    return thing.is === "outcome" ? resolvedOutcome(thing, frame, depth) : [{ thing, frame }];
  });
}

function resolvedOutcome({ called, given }: Outcome, frame: Frame | undefined, depth: number): { thing: Thing; frame: Frame | undefined }[] {
  return resolved(called, frame, depth + 1).flatMap(({ thing }) => (thing.is === "function" ? resolved(thing.returns, frameOf(thing, given, frame), depth + 1) : []));
}

