import type { NormKind } from "../shared/norm";
import { keywordArgument, readArguments, type Call } from "./arguments";
import { named } from "./naming";
import { kindOfFunction, lastName, namesForeignNorm, namesNormClassGiver, namesNormTable, namesNormVariable } from "./norm-names";
import type { SourceReader } from "./source-reader";
import { child, descendants, type SyntaxNode } from "./syntax";
import { noteStartAlpha } from "./start-alpha";
import { addTo, defaultsOf, element, just, noArguments, nothing, thingsOf, under, type NormClass, type Thing, type Value } from "./values";

/** A norm class is called, or what holds one. */
export function readNormLayer(call: Call): Value | undefined {
  const { reader, node, callee, called, scope, written } = call;
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
  if (only !== undefined && classes.length === things.length) noteStartAlpha(reader, site, only, written, true);
  const [byDefault] = thingsOf(defaultsOf(things)).filter((thing) => thing.is === "norm class");
  return named(call, { is: "outcome", called, given: readArguments(call, true), site }, (only ?? byDefault)?.name ?? "*");
}

/** Whether something that is called holds a norm class, as far as its name or its default tells. */
function holdsNormClass(reader: SourceReader, callee: SyntaxNode, things: readonly Thing[]): boolean {
  if (things.some((thing) => thing.is === "parameter" && thingsOf(thing.byDefault).some(({ is }) => is === "norm class"))) return true;
  if (!things.every((thing) => thing.is === "external" || thing.is === "parameter" || thing.is === "function" || (thing.is === "outcome" && thing.site === undefined))) return false;
  if (thingsOf(defaultsOf(things)).some((thing) => thing.is === "external" && namesForeignNorm(thing.dotted))) return false;
  if (things.includes(element)) return false;
  const name = (node: SyntaxNode | undefined) => lastName(reader.textOf(node ?? callee));
  if (callee.type === "call") return namesNormClassGiver(name(child(callee, "function")));
  if (callee.type === "subscript") return namesNormTable(name(child(callee, "value")));
  return namesNormVariable(name(callee));
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
  const positional = written.filter(({ type }) => type !== "keyword_argument" && type !== "list_splat" && type !== "dictionary_splat");
  const node = keywordArgument(reader, written, (name) => channelKeywords.has(name)) ?? positional[kind === "groupnorm" ? 1 : 0];
  const text = node && reader.textOf(node);
  return text === undefined || /^(self\.)?(config|cfg|args)$/.test(text) ? undefined : text;
}

/** `F.layer_norm(x, shape, self.ln.weight, self.ln.bias)` */
export function readNormFunction(call: Call): Value | undefined {
  const { reader, node, callee, called, scope, written } = call;
  const [external] = thingsOf(called);
  const kind = external?.is === "external" ? kindOfFunction(external.dotted) : undefined;
  if (kind === undefined) return undefined;
  const site = reader.site(node, "functional", callee, scope, { framework: "torch", kind });
  const { owner } = scope.belonging;
  if (owner !== undefined && reader.normClasses.has(owner)) owner.functionals.push(site);
  else if (owner !== undefined) for (const path of weightOwners(reader, written)) addTo(owner.attributes, under(path, just({ is: "outcome", called: nothing, given: noArguments, site })));
  readArguments(call, false);
  return nothing;
}

/** Modules whose weight is an argument: `ln` of `self.ln.weight` and of `self.ln_weight`. */
function weightOwners(reader: SourceReader, written: readonly SyntaxNode[]): string[] {
  const attributes = written.flatMap((each) => [...descendants(each)].filter(({ type }) => type === "attribute"));
  return attributes.flatMap((each) => /^self\.(.+)[._](weight|gamma|scale)$/.exec(reader.textOf(each))?.[1] ?? []);
}
