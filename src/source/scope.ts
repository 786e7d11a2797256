import { addTo, maxEntries, union, type ClassDefinition, type FunctionDefinition, type Placed, type Value } from "./values";

/** What a scope belongs to. */
interface Belonging {
  /** Class whose body it is, or whose method's. */
  readonly owner?: ClassDefinition | undefined;
  /** Function whose body it is. */
  readonly body?: FunctionDefinition;
  /** Whether it is the class's own body, whose names are attributes. */
  readonly isClassBody?: boolean;
  /** Whether modules that are made in it name themselves: flax's @nn.compact. */
  readonly isCompact?: boolean;
}

/** Names that a function, a class body or the module binds, and where in it the statement stands that is read. */
export class Scope {
  private readonly names = new Map<string, Placed[]>();
  private branches = 0;
  private loops = 0;

  constructor(
    readonly outer?: Scope,
    readonly belonging: Belonging = {},
  ) {}

  get isInLoop(): boolean {
    return this.loops > 0;
  }

  /** Names that are bound here, not around. */
  boundNames(): string[] {
    return [...this.names.keys()];
  }

  /** What a name holds; undefined where nothing is bound to it. */
  find(name: string): Value | undefined {
    return this.held(name);
  }

  /** Binds a name. In a branch or a loop, what it held before stays possible. */
  bind(name: string, value: Value): void {
    const before = this.branches > 0 ? (this.held(name) ?? []) : [];
    this.names.set(name, [...union([before, value])]);
  }

  /** Makes a name hold a list that grows wherever something is added to it. */
  share(name: string, held: Placed[]): void {
    this.names.set(name, held);
  }

  /** Adds to what a name holds. */
  add(name: string, value: Value): void {
    const held = this.held(name);
    if (held === undefined) this.names.set(name, [...value]);
    else addTo(held, value, held === this.belonging.owner?.attributes ? undefined : maxEntries);
  }

  /** Reads the statements of a branch. */
  inBranch(read: () => void): void {
    this.branches++;
    read();
    this.branches--;
  }

  /** Reads the statements of a loop. */
  inLoop(read: () => void): void {
    this.loops++;
    this.inBranch(read);
    this.loops--;
  }

  private held(name: string): Placed[] | undefined {
    return this.names.get(name) ?? this.outer?.held(name);
  }
}
