import type { AlphaPlace } from "./start-alpha";
import { readClass, readDecorated, readFunction } from "./definitions";
import { evaluate } from "./expressions";
import { readImport, readImportFrom } from "./imports";
import { NormClasses } from "./norm-classes";
import { frameworkOfPackage } from "./norm-names";
import type { Framework, NormSite, SiteForm } from "./norm-site";
import { addAt, placeOf } from "./places";
import { Scope } from "./scope";
import { child, descendants, LineMap, type SourceTree, type SyntaxNode } from "./syntax";
import { addTo, element, inside, just, thingsOf, under, union, type ClassDefinition, type FunctionDefinition, type NormClass, type Placed, type SiteDraft, type Value } from "./values";

/** Steps of reading, at most, where an expression is one and so is each thing that it may be; the rest of the file has no sites. */
const maxSteps = 5_000_000;

/** The body of a function, to be read when all names around it are bound. */
interface Body {
  readonly name: string;
  readonly read: () => void;
}

/** A site, and its node in the syntax that is read. */
export interface FoundSite {
  readonly node: SyntaxNode;
  readonly site: NormSite;
}

/**
 * Reads a file the way Python would run it, once through every function, and keeps what holds norm layers: the module first,
 * then the bodies of its functions.
 */
export class SourceReader {
  readonly classes: ClassDefinition[] = [];
  /** Those that are no methods. */
  readonly functions: FunctionDefinition[] = [];
  /** References through which norms are made with more arguments than a DyT has. */
  readonly calledWithMore = new Set<SiteDraft>();
  /** Where calls that make a DyT say what its alpha starts from. */
  readonly alphaPlaces = new Map<SiteDraft, AlphaPlace>();
  /** Layers that belong to no class: those of the module's own names, and keras layers that are given a name in a function. */
  readonly loose: Placed[] = [];
  readonly normClasses: NormClasses;
  /** In the order in which they are read; reading one may add more. */
  readonly bodies: Body[] = [];
  /** Names of the module. */
  readonly module = new Scope();
  readonly lines: LineMap;
  /** Modules that are imported, as they are written. */
  readonly imported = new Set<string>();
  private steps = 0;
  /** Whose those modules are. */
  private readonly frameworks = new Set<Framework>();
  private readonly drafts = new Map<SyntaxNode, SiteDraft>();
  private readonly text: string;

  constructor({ text, root }: SourceTree) {
    this.text = text;
    this.lines = new LineMap(text);
    this.normClasses = new NormClasses(text);
    this.readAll(root.children, this.module);
    for (const body of this.bodies) body.read();
  }

  /** Sites in the order of the text. */
  get sites(): readonly SiteDraft[] {
    return [...this.drafts].sort(([one], [other]) => one.start - other.start || one.end - other.end).map(([, site]) => site);
  }

  /** Counts steps; whether there are more to take. */
  step(count = 1): boolean {
    this.steps += count;
    return this.steps < maxSteps;
  }

  textOf({ start, end }: SyntaxNode): string {
    return this.text.slice(start, end);
  }

  /** The framework of an imported name, else of the file; torch where none is imported. */
  frameworkOf(dotted: string): Framework {
    return frameworkOfPackage(dotted) ?? (["torch", "flax", "keras"] as const).find((each) => this.frameworks.has(each)) ?? "torch";
  }

  /** Notes that a module is imported. */
  import(module: string): void {
    const framework = frameworkOfPackage(module);
    if (framework !== undefined) this.frameworks.add(framework);
    this.imported.add(module);
  }

  /** The site that stands where one was found before, if it still calls or names the same. */
  found({ span, callee, form }: NormSite): FoundSite | undefined {
    const start = this.lines.offset(span.start);
    const same = [...this.drafts].filter(([node, site]) => node.start === start && site.span.start.line === span.start.line && site.callee === callee);
    const [node, site] = same.find(([, each]) => each.form === form) ?? same[0] ?? [];
    return node === undefined || site === undefined ? undefined : { node, site };
  }

  /** The site at a node; a node is one site, however often it is read. */
  site(node: SyntaxNode, form: SiteForm, callee: SyntaxNode, scope: Scope, facts: Pick<SiteDraft, "framework" | "kind" | "channels" | "alpha">): SiteDraft {
    const known = this.drafts.get(node);
    if (known !== undefined) return known;
    const className = scope.belonging.owner?.name;
    const draft: SiteDraft = { form, span: this.lines.span(node.start, node.end), callee: this.textOf(callee), paths: [], ...facts, ...(className === undefined ? {} : { className }) };
    this.drafts.set(node, draft);
    return draft;
  }

  /** Makes sites of the norm classes that a value mentions: it is bound, given or returned. */
  handOn(value: Value, scope: Scope): Value {
    for (const thing of thingsOf(value)) {
      if (thing.is === "norm class") thing.reference ??= this.reference(thing, thing.node, scope);
    }
    return value;
  }

  reference({ dotted, kind, node }: NormClass, whole: SyntaxNode, scope: Scope): SiteDraft {
    return this.site(whole, "reference", node, scope, { framework: this.frameworkOf(dotted), ...(kind === undefined ? {} : { kind }) });
  }

  readAll(nodes: readonly SyntaxNode[], scope: Scope): void {
    for (const node of nodes) this.read(node, scope);
  }

  /** Reads a statement or an expression; one of an unknown type by its parts. */
  read(node: SyntaxNode, scope: Scope): void {
    switch (node.type) {
      case "import_statement":
        readImport(this, node, scope);
        break;
      case "import_from_statement":
        readImportFrom(this, node, scope);
        break;
      case "class_definition":
        readClass(this, node, scope);
        break;
      case "function_definition":
        readFunction(this, node, scope);
        break;
      case "decorated_definition":
        readDecorated(this, node, scope);
        break;
      case "assignment":
        this.readAssignment(node, scope);
        break;
      case "augmented_assignment":
        this.readAugmentedAssignment(node, scope);
        break;
      case "return_statement":
        this.readReturn(node, scope);
        break;
      case "for_statement":
        scope.inLoop(() => {
          this.readLoopVariable(node, scope);
          this.readAll(node.children.filter(({ field }) => field === "body" || field === "alternative"), scope);
        });
        break;
      case "while_statement":
        scope.inLoop(() => {
          this.readAll(node.children, scope);
        });
        break;
      case "if_statement":
      case "try_statement":
      case "match_statement":
        scope.inBranch(() => {
          this.readAll(node.children, scope);
        });
        break;
      case "ERROR":
        this.readError(node, scope);
        break;
      default:
        evaluate(this, node, scope);
    }
  }

  /** Reads the parts of what is no Python; of an assignment that the error tore up, both sides are left. */
  private readError({ children }: SyntaxNode, scope: Scope): void {
    for (const [index, node] of children.entries()) {
      const target = children[index - 1];
      const isAssigned = target !== undefined && node.type === "call" && this.text.slice(target.end, node.start).trim() === "=";
      if (isAssigned) this.assign(target, evaluate(this, node, scope), scope, false);
      else this.read(node, scope);
    }
  }

  /** Binds the variables of a loop: one to the elements of what it runs over, several to what nobody knows. */
  readLoopVariable(node: SyntaxNode, scope: Scope): void {
    const [left, right] = [child(node, "left"), child(node, "right")];
    if (left === undefined || right === undefined) return;
    const elements = inside(evaluate(this, right, scope), "*");
    for (const each of descendants(left)) {
      if (each.type === "identifier") scope.bind(this.textOf(each), each === left && elements.length > 0 ? elements : just(element));
    }
  }

  /** Reads an assignment; what it assigns, `a = b = value` assigns to both. */
  private readAssignment(node: SyntaxNode, scope: Scope): Value {
    const [left, right] = [child(node, "left"), child(node, "right")];
    if (left === undefined || right === undefined) return [];
    const value = right.type === "assignment" ? this.readAssignment(right, scope) : this.handOn(evaluate(this, right, scope), scope);
    this.assign(left, value, scope, child(node, "type") !== undefined);
    return value;
  }

  private assign(target: SyntaxNode, value: Value, scope: Scope, isField: boolean): void {
    if (target.type === "pattern_list" || target.type === "tuple_pattern") {
      for (const [index, each] of target.children.entries()) this.assign(each, inside(value, String(index)), scope, false);
      return;
    }
    const place = placeOf(this, target);
    if (place === undefined) return;
    if (place.path.length > 0) addAt(place, value, scope);
    else this.bindName(place.name, value, scope, isField);
  }

  private bindName(name: string, value: Value, scope: Scope, isField: boolean): void {
    const { owner, isClassBody } = scope.belonging;
    const held: Value = owner !== undefined && isClassBody === true && isField ? [{ path: [], thing: { is: "parameter", of: owner, name, byDefault: value } }] : value;
    scope.bind(name, held);
    if (isClassBody === true && owner !== undefined) addTo(owner.attributes, under(name, held));
    else if (isClassBody !== true && scope.outer === undefined) addTo(this.loose, value);
  }

  private readAugmentedAssignment(node: SyntaxNode, scope: Scope): void {
    const [left, right] = [child(node, "left"), child(node, "right")];
    const place = left && placeOf(this, left);
    if (right === undefined) return;
    const value = evaluate(this, right, scope);
    if (place !== undefined) addAt(place, under("*", inside(value, "*")), scope);
  }

  private readReturn(node: SyntaxNode, scope: Scope): void {
    const value = union(node.children.map((each) => this.handOn(evaluate(this, each, scope), scope)));
    const { body } = scope.belonging;
    if (body !== undefined) addTo(body.returns, value);
  }
}
