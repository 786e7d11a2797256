import { dytClass, type ModuleNames } from "./dyt-class";
import { findPaths } from "./module-paths";
import type { NormSite, SourceEdit } from "./norm-site";
import type { PythonParser } from "./python-parser";
import { SourceReader } from "./source-reader";
import { child, type SourceTree, type SyntaxNode } from "./syntax";
import { thingsOf } from "./values";

/** How a DyT comes into the file. */
export interface ReplacementOptions {
  /** Line that imports the name DyT; without one the class itself is written into the file. */
  readonly importLine?: string;
}

/** Significant digits of an alpha in source. */
const digits = 4;

/** Norms over channels that do not come last; DyT's weight and bias are one for each of the last axis. */
const channelsFirst = /(\d[dD]|[cC]hannels?_?[fF]irst)\b|channels_first/;

/** Packages whose layers are called as torch's are, but which have no torch. */
const foreignPackages = /^(mlx|paddle|mindspore|oneflow|jittor|haiku|equinox|tinygrad)\b|^flax\.nnx\b/;

/**
 * Edits that put a DyT in the place of a norm layer: one at the site, and one that brings the name DyT into the file unless it is there.
 * @param site found in exactly this text
 * @param alpha what alpha starts from
 * @returns undefined where DyT can't stand: for functions, for norms over groups or over channels that come first, for frameworks other
 * than torch, linen and keras, where the source does not tell the number of channels, for a class that the file calls with more arguments than a DyT has,
 * and for a site that is not in the text
 */
export function replaceWithDyt(parser: PythonParser, text: string, site: NormSite, alpha: number, options: ReplacementOptions = {}): SourceEdit[] | undefined {
  const tree = parser.parse(text);
  const reader = new SourceReader(tree);
  findPaths(reader);
  const node = reader.nodeOf(site);
  if (node === undefined || !isReplaceable(reader, node, site)) return undefined;
  const file = new EditedFile(tree, reader, node);
  const written = site.form === "reference" ? file.partial(alpha) : file.call(site, alpha);
  if (written === undefined) return undefined;
  const brought = [...(site.form === "reference" ? file.missingPartial() : []), ...file.missingDyt(site, options)];
  return [...(brought.length === 0 ? [] : [file.afterImports(brought)]), { span: site.span, text: written }];
}

function isReplaceable(reader: SourceReader, node: SyntaxNode, { form, kind }: NormSite): boolean {
  if (form === "functional" || kind === "groupnorm" || channelsFirst.test(reader.textOf(node)) || isForeign(reader)) return false;
  return ![...reader.calledWithMore].some(({ span }) => reader.lines.offset(span.start) === node.start);
}

function isForeign(reader: SourceReader): boolean {
  const imported = [...reader.imported];
  const isNnx = reader.module.find("nnx") !== undefined;
  return isNnx || (imported.some((module) => foreignPackages.test(module)) && !imported.some((module) => /^torch\b/.test(module)));
}

function literal(alpha: number): string {
  return String(Number(alpha.toPrecision(digits)));
}

/** A file in which a norm is replaced. */
class EditedFile {
  private readonly text: string;
  private readonly lineEnd: string;
  private readonly indent: string;

  constructor(
    private readonly tree: SourceTree,
    private readonly reader: SourceReader,
    private readonly node: SyntaxNode,
  ) {
    this.text = tree.text;
    this.lineEnd = this.text.includes("\r\n") ? "\r\n" : "\n";
    this.indent = /^(?:class|def)\b.*:[ \t]*(?:#.*)?\r?\n([ \t]+)\S/m.exec(this.text)?.[1] ?? "    ";
  }

  /** The call that makes a DyT; torch's needs to know the channels, the others take the norm's name along. */
  call({ framework, channels }: NormSite, alpha: number): string | undefined {
    if (framework !== "torch") return `DyT(${[`alpha_init_value=${literal(alpha)}`, ...this.nameArgument()].join(", ")})`;
    return channels === undefined ? undefined : `DyT(${channels}, alpha_init_value=${literal(alpha)})`;
  }

  /** A class that makes a DyT. */
  partial(alpha: number): string {
    return `${this.partialName() ?? "partial"}(DyT, alpha_init_value=${literal(alpha)})`;
  }

  missingPartial(): string[] {
    return this.partialName() === undefined ? ["from functools import partial"] : [];
  }

  /** Lines that bring the name DyT into the file; none where it is there. */
  missingDyt({ framework }: NormSite, { importLine }: ReplacementOptions): string[] {
    if (this.reader.module.find("DyT") !== undefined) return [];
    if (importLine !== undefined) return [importLine];
    const { imports, lines } = dytClass(framework, this.names());
    return [...imports, "", "", ...lines.map((line) => line.replace(/\t/g, this.indent))];
  }

  /** Puts lines after the imports that stand before the site, or before the first statement that is no docstring. */
  afterImports(lines: readonly string[]): SourceEdit {
    const statements = this.tree.root.children.filter(({ type }) => type !== "comment");
    const before = statements.filter(({ end }) => end <= this.node.start);
    const last = before.findLast(({ type }) => /^(future_)?import/.test(type)) ?? before.find((each, index) => index === 0 && isDocstring(each));
    if (last !== undefined) {
      const end = this.endOfLine(last.end);
      const padded = [...(isDocstring(last) ? [""] : []), ...lines, ...this.padding(end, lines)];
      return { span: this.reader.lines.span(end, end), text: padded.map((line) => `${this.lineEnd}${line}`).join("") };
    }
    const start = this.startOfLine(statements[0]?.start ?? 0);
    const fromFirst = lines.slice(lines.findIndex((line) => line !== ""));
    return { span: this.reader.lines.span(start, start), text: [...fromFirst, "", ""].map((line) => `${line}${this.lineEnd}`).join("") };
  }

  /** A class is followed by two blank lines. */
  private padding(end: number, lines: readonly string[]): string[] {
    if (!lines.includes("")) return [];
    const blank = /^(?:[ \t]*\r?\n)*/.exec(this.text.slice(end))?.[0].split("\n").length ?? 0;
    return Array.from({ length: Math.max(0, 4 - blank) }, () => "");
  }

  private endOfLine(offset: number): number {
    const end = this.text.slice(offset).search(/\r?\n/);
    return end === -1 ? this.text.length : offset + end;
  }

  private startOfLine(offset: number): number {
    return this.text.lastIndexOf("\n", offset - 1) + 1;
  }

  /** `name="ln_1"`, as it is written. */
  private nameArgument(): string[] {
    const written = child(this.node, "arguments")?.children ?? [];
    const name = written.find((each) => each.type === "keyword_argument" && this.reader.textOf(child(each, "name") ?? each) === "name");
    return name === undefined ? [] : [this.reader.textOf(name)];
  }

  private partialName(): string | undefined {
    const functools = this.nameOf("functools");
    return this.nameOf("functools.partial") ?? (functools === undefined ? undefined : `${functools}.partial`);
  }

  private names(): ModuleNames {
    return {
      nameOf: (module) => this.nameOf(module),
      imports: (packageName) => [...this.reader.imported].some((module) => module.split(".")[0] === packageName),
    };
  }

  /** The name of the module's that is bound to something imported and nothing else. */
  private nameOf(dotted: string): string | undefined {
    return this.reader.module.boundNames().find((name) => {
      const things = thingsOf(this.reader.module.find(name) ?? []);
      return things.length > 0 && things.every((thing) => thing.is === "external" && thing.dotted === dotted);
    });
  }
}

function isDocstring(node: SyntaxNode): boolean {
  return node.type === "expression_statement" && node.children.length === 1 && node.children[0]?.type === "string";
}
