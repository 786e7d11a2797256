import { isElementWise } from "../shared/norm";
import { keywordArgument } from "./arguments";
import { lastName } from "./norm-names";
import type { StartAlpha } from "./norm-site";
import type { SourceReader } from "./source-reader";
import { child, descendants, type SyntaxNode } from "./syntax";
import { findMethod, type NormClass, type SiteDraft } from "./values";

/** Where a call says what alpha starts from, or would say it. */
export interface AlphaPlace {
  /** The value, as it is written; undefined where the call does not say it. */
  readonly written: SyntaxNode | undefined;
  /** The keyword by which it could be said; undefined where that is not known. */
  readonly keyword: string | undefined;
  /** The last argument; what is said anew comes behind it. */
  readonly last: SyntaxNode | undefined;
}

/** Names of the argument: alpha_init_value (the paper's code), init_alpha (x-transformers, Liger), alpha, alpha0, alpha_init. */
const alphaName = /^(init(ial)?_)?alpha(_?0|_init(ial)?)?(_value)?$/;

/** Notes at a site what alpha starts from, where its class is DyT or the like. @param countsPlaces whether arguments without a keyword are those of the class, as they are not in a partial */
export function noteStartAlpha(reader: SourceReader, site: SiteDraft, made: NormClass, written: readonly SyntaxNode[], countsPlaces: boolean): void {
  if (made.kind === undefined || !isElementWise(made.kind) || reader.alphaPlaces.has(site)) return;
  const node = keywordArgument(reader, written, (name) => alphaName.test(name)) ?? (countsPlaces ? positionalAlpha(reader, made, written) : undefined);
  const isOpen = written.some(({ type }) => type === "list_splat" || type === "dictionary_splat");
  reader.alphaPlaces.set(site, { written: node, keyword: isOpen ? undefined : keywordOf(reader, made), last: written.at(-1) });
  const byDefault = node === undefined && !isOpen ? declaredAlpha(reader, made)?.value : undefined;
  const stated = node ?? byDefault;
  if (stated !== undefined) site.alpha = startAlpha(reader, stated, node === undefined);
}

/** An argument without a keyword: the one in its place where the class is of the file, else the first number behind the channels: a shift comes after it. */
function positionalAlpha(reader: SourceReader, { definition }: NormClass, written: readonly SyntaxNode[]): SyntaxNode | undefined {
  const positional = written.filter(({ type }) => type !== "keyword_argument");
  if (positional.some(({ type }) => type === "list_splat")) return undefined;
  const method = definition && findMethod(definition, "__init__");
  if (method !== undefined) return positional[method.parameters.findIndex((name) => alphaName.test(name))];
  return positional.slice(1).find((node) => numberOf(reader, node) !== undefined);
}

function keywordOf(reader: SourceReader, made: NormClass): string | undefined {
  if (made.definition !== undefined) return declaredAlpha(reader, made)?.name;
  return /x_transformers|^liger/.test(made.dotted) || lastName(made.dotted) === "LigerDyT" ? "init_alpha" : "alpha_init_value";
}

/** The parameter of the class's own, or its field, with what it is by default. */
function declaredAlpha(reader: SourceReader, { definition }: NormClass): { readonly name: string; readonly value: SyntaxNode | undefined } | undefined {
  for (const node of definition === undefined ? [] : descendants(definition.node)) {
    const name = declaredName(node);
    if (name !== undefined && alphaName.test(reader.textOf(name))) return { name: reader.textOf(name), value: child(node, "value") ?? child(node, "right") };
  }
  return undefined;
}

function declaredName(node: SyntaxNode): SyntaxNode | undefined {
  if (node.type === "default_parameter" || node.type === "typed_default_parameter") return child(node, "name");
  if (node.type === "assignment" && child(node, "type") !== undefined) return child(node, "left");
  return undefined;
}

function startAlpha(reader: SourceReader, node: SyntaxNode, isDefault: boolean): StartAlpha {
  const value = numberOf(reader, node);
  return { text: reader.textOf(node), isDefault, ...(value !== undefined && { value }) };
}

function numberOf(reader: SourceReader, node: SyntaxNode): number | undefined {
  if (node.type !== "float" && node.type !== "integer") return undefined;
  const value = Number(reader.textOf(node).replaceAll("_", ""));
  return Number.isFinite(value) ? value : undefined;
}
