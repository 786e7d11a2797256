import { isElementWise } from "../shared/norm";
import { alphaLiteral } from "./alpha-literal";
import { dytClass, type ModuleNames } from "./dyt-class";
import { findPaths } from "./module-paths";
import { isDocstring, ModuleStatements, type FreePlace } from "./module-statements";
import type { NormSite, SourceEdit } from "./norm-site";
import type { PythonParser } from "./python-parser";
import { SourceReader, type FoundSite } from "./source-reader";
import { child, type SourceTree, type SyntaxNode } from "./syntax";

/** How a DyT comes into the file. */
export interface ReplacementOptions {
  /** Line that imports the name DyT; without one the class itself is written into the file. */
  readonly importLine?: string;
}

/** Indentation that is taken for a file's own, at most. */
const maxIndent = 8;

/** Norms over channels that do not come last; DyT's weight and bias are one for each of the last axis. */
const channelsFirst = /(\d[dD]|[cC]hannels?_?[fF]irst)\b|channels_first/;

/** Packages whose layers are called as torch's are, but which have no torch. */
const foreignPackages = /^(mlx|paddle|mindspore|oneflow|jittor|haiku|equinox|tinygrad)\b|^flax\.nnx\b/;

/**
 * Edits that put a DyT in the place of a norm layer: one at the site, and one that brings the name DyT into the file unless it is there.
 * @param site found in this text, or in one that had it at the same place: what is called there must be the same, the rest is read anew
 * @param alpha what alpha starts from
 * @returns undefined where DyT can't stand: for functions, for what is a DyT already, for norms over groups or over channels that come first, for frameworks other
 * than torch, linen and keras, where the source does not tell the number of channels, for a class that the file calls with more arguments than a DyT has,
 * for a site that is not in the text, and where the name DyT, or what its class needs, can't be brought before the site: the file
 * has it for something else, binds it later, or leaves no line free
 */
export function replaceWithDyt(parser: PythonParser, text: string, site: NormSite, alpha: number, options: ReplacementOptions = {}): SourceEdit[] | undefined {
  const tree = parser.parse(text);
  const reader = new SourceReader(tree);
  findPaths(reader);
  const found = reader.found(site);
  if (found === undefined || !isReplaceable(reader, found)) return undefined;
  return new EditedFile(tree, reader, found).edits(alpha, options);
}

function isReplaceable(reader: SourceReader, { node, site: { form, kind } }: FoundSite): boolean {
  if (form === "functional" || kind === "groupnorm" || (kind !== undefined && isElementWise(kind)) || channelsFirst.test(reader.textOf(node)) || isForeign(reader)) return false;
  return ![...reader.calledWithMore].some(({ span }) => reader.lines.offset(span.start) === node.start);
}

function isForeign(reader: SourceReader): boolean {
  const imported = [...reader.imported];
  const isNnx = reader.module.find("nnx") !== undefined;
  return isNnx || (imported.some((module) => foreignPackages.test(module)) && !imported.some((module) => /^torch\b/.test(module)));
}

/** What an import line binds: the name, and what it is imported by. */
function boundBy(line: string): { name: string; dotted: string } | undefined {
  const [, from, imported, alias] = /^(?:from ([\w.]+) )?import ([\w.]+)(?: as (\w+))?$/.exec(line) ?? [];
  if (imported === undefined) return undefined;
  return { name: alias ?? imported, dotted: from === undefined ? imported : `${from}.${imported}` };
}

/** A file in which a norm is replaced. */
class EditedFile {
  private readonly text: string;
  private readonly lineEnd: string;
  private readonly indent: string;
  private readonly statements: ModuleStatements;

  constructor(
    tree: SourceTree,
    private readonly reader: SourceReader,
    private readonly found: FoundSite,
  ) {
    this.text = tree.text;
    this.lineEnd = this.text.includes("\r\n") ? "\r\n" : "\n";
    this.indent = this.indentOf(tree.root);
    this.statements = new ModuleStatements(tree, reader);
  }

  edits(alpha: number, options: ReplacementOptions): SourceEdit[] | undefined {
    const { node, site } = this.found;
    const statement = this.statements.around(node);
    if (statement === undefined) return undefined;
    const place = this.statements.placeBefore(statement);
    const partial = this.partialName(statement);
    const written = site.form === "reference" ? `${partial ?? "partial"}(DyT, alpha_init_value=${alphaLiteral(alpha)})` : this.call(alpha);
    const dyt = this.missingDyt(place, options);
    if (written === undefined || dyt === undefined) return undefined;
    const brought = [...(site.form === "reference" && partial === undefined ? ["from functools import partial"] : []), ...dyt];
    const replacement = { span: site.span, text: written };
    if (brought.length === 0) return [replacement];
    if (place === undefined || brought.some((line) => this.clashes(line))) return undefined;
    return [this.inserted(brought, place), replacement];
  }

  /** The call that makes a DyT; torch's needs to know the channels, the others take the norm's name along. */
  private call(alpha: number): string | undefined {
    const { framework, channels } = this.found.site;
    if (framework !== "torch") return `DyT(${[`alpha_init_value=${alphaLiteral(alpha)}`, ...this.nameArgument()].join(", ")})`;
    return channels === undefined ? undefined : `DyT(${channels}, alpha_init_value=${alphaLiteral(alpha)})`;
  }

  /** Lines that bring the name DyT into the file; none where it is there, undefined where it is but may not be bound in time. */
  private missingDyt(place: FreePlace | undefined, { importLine }: ReplacementOptions): string[] | undefined {
    if (this.reader.module.find("DyT") !== undefined) return this.statements.isBoundFor("DyT", this.found.node) ? [] : undefined;
    if (importLine !== undefined) return [importLine];
    const { imports, lines } = dytClass(this.found.site.framework, this.names(place?.offset ?? 0));
    return [...imports, "", "", ...lines.map((line) => line.replace(/\t/g, this.indent))];
  }

  /** Whether a line binds a name that the file has for something else. */
  private clashes(line: string): boolean {
    const bound = boundBy(line);
    return bound !== undefined && !this.statements.mayBe(bound.name, bound.dotted);
  }

  private inserted(lines: readonly string[], { offset, after }: FreePlace): SourceEdit {
    const span = this.reader.lines.span(offset, offset);
    if (after === undefined) {
      const fromFirst = lines.slice(lines.findIndex((line) => line !== ""));
      return { span, text: [...fromFirst, "", ""].map((line) => `${line}${this.lineEnd}`).join("") };
    }
    const padded = [...(isDocstring(after) ? [""] : []), ...lines, ...this.padding(offset, lines)];
    return { span, text: padded.map((line) => `${this.lineEnd}${line}`).join("") };
  }

  /** A class is followed by two blank lines. */
  private padding(end: number, lines: readonly string[]): string[] {
    if (!lines.includes("")) return [];
    const blank = /^(?:[ \t]*\r?\n){0,3}/.exec(this.text.slice(end))?.[0].split("\n").length ?? 0;
    return Array.from({ length: Math.max(0, 4 - blank) }, () => "");
  }

  /** What the first definition of the module is indented by. */
  private indentOf(root: SyntaxNode): string {
    for (const each of root.children) {
      const body = child(each.type === "decorated_definition" ? (child(each, "definition") ?? each) : each, "body");
      const before = body && this.text.slice(Math.max(this.text.lastIndexOf("\n", body.start - 1) + 1, body.start - maxIndent), body.start);
      if (before !== undefined && /^[ \t]+$/.test(before)) return before;
    }
    return "    ";
  }

  /** `name="ln_1"`, as it is written. */
  private nameArgument(): string[] {
    const written = child(this.found.node, "arguments")?.children ?? [];
    const name = written.find((each) => each.type === "keyword_argument" && this.reader.textOf(child(each, "name") ?? each) === "name");
    return name === undefined ? [] : [this.reader.textOf(name)];
  }

  private partialName({ start }: SyntaxNode): string | undefined {
    const { nameOf } = this.names(start);
    const functools = nameOf("functools");
    return nameOf("functools.partial") ?? (functools === undefined ? undefined : `${functools}.partial`);
  }

  /** Names that are bound before a place. */
  private names(offset: number): ModuleNames {
    const names = [...this.statements.importedBefore(offset)];
    return {
      nameOf: (module) => names.find(([, dotted]) => dotted === module)?.[0],
      imports: (packageName) => [...this.reader.imported].some((module) => module.split(".")[0] === packageName),
    };
  }
}
