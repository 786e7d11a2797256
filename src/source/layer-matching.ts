import { isElementWise, type NormKind } from "../shared/norm";
import type { NormSite, SiteMatch } from "./norm-site";

/** What matching needs to know of a result's layer. */
export interface NamedLayer {
  readonly name: string;
  readonly kind: NormKind;
}

/** Paths of all sites, read from their last segment to their first: those that share an ending share its nodes. */
interface Ending {
  readonly literals: Map<string, Ending>;
  readonly patterns: Map<string, { readonly agrees: (segment: string) => boolean; readonly ending: Ending }>;
  /** Sites that have exactly this path. */
  readonly sites: Set<NormSite>;
  /** Length of the longest path with this ending, of every site that has one. */
  readonly longest: Map<NormSite, number>;
}

/**
 * Gives every layer to the site whose path agrees with the longest end of its name. Where several agree equally long, those go first
 * that have the least more to their paths: `norm` is the model's own rather than that of a block, `blocks.*.norm`. Those that are equal
 * still all get the layer. A site that is known to compute something else gets no layer, and a path of indices alone tells nothing.
 * @returns sites that got layers, in the order given
 */
export function matchLayers(sites: readonly NormSite[], layers: readonly NamedLayer[]): SiteMatch[] {
  const endings = endingsOf(sites);
  const found = new Map<NormSite, { layers: string[]; segments: number }>();
  for (const layer of layers) {
    const best = longestMatch(endings, layer);
    for (const site of best.sites) {
      const match = found.get(site) ?? { layers: [], segments: 0 };
      match.layers.push(layer.name);
      match.segments = Math.max(match.segments, best.segments);
      found.set(site, match);
    }
  }
  return sites.flatMap((site) => {
    const match = found.get(site);
    return match === undefined ? [] : [{ site, ...match }];
  });
}

function endingsOf(sites: readonly NormSite[]): Ending {
  const root = emptyEnding();
  for (const site of sites) {
    for (const path of site.paths.filter(isTelling)) addPath(root, path, site);
  }
  return root;
}

function addPath(root: Ending, path: readonly string[], site: NormSite): void {
  const last = path.reduceRight((ending, segment) => {
    const next = extended(ending, segment);
    next.longest.set(site, Math.max(path.length, next.longest.get(site) ?? 0));
    return next;
  }, root);
  last.sites.add(site);
}

function emptyEnding(): Ending {
  return { literals: new Map(), patterns: new Map(), sites: new Set(), longest: new Map() };
}

/** Whether a path has a name in it: indices and wildcards alone would agree with anything. */
function isTelling(path: readonly string[]): boolean {
  return path.some((segment) => /\p{L}/u.test(segment));
}

function extended(ending: Ending, segment: string): Ending {
  if (!segment.includes("*")) {
    const next = ending.literals.get(segment) ?? emptyEnding();
    ending.literals.set(segment, next);
    return next;
  }
  const next = ending.patterns.get(segment) ?? { agrees: wildcard(segment), ending: emptyEnding() };
  ending.patterns.set(segment, next);
  return next.ending;
}

/** Tells what agrees with a segment that has wildcards: text that begins and ends as it does, with its other parts in order between. */
function wildcard(segment: string): (text: string) => boolean {
  const [first = "", ...parts] = segment.split("*");
  const last = parts.pop() ?? "";
  return (text) => {
    const end = text.length - last.length;
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const part of parts) {
      const found = text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at <= end;
  };
}

function longestMatch(endings: Ending, { name, kind }: NamedLayer): { sites: readonly NormSite[]; segments: number } {
  const levels = [[endings]];
  for (const segment of name.split(".").reverse()) {
    const next = levels.at(-1)!.flatMap((ending) => continuations(ending, segment));
    if (next.length === 0) break;
    levels.push(next);
  }
  for (let segments = levels.length - 1; segments > 0; segments--) {
    const sites = outermost(levels[segments]!, kind);
    if (sites.length > 0) return { sites, segments };
  }
  return { sites: [], segments: 0 };
}

/** Of the sites with exactly these endings, those that have no longer path with it, or the least longer one. */
function outermost(endings: readonly Ending[], kind: NormKind): NormSite[] {
  const agreeing = endings.flatMap(({ sites, longest }) =>
    [...sites].filter((site) => mayMake(site.kind, kind)).map((site) => ({ site, longest: longest.get(site)! })),
  );
  const least = agreeing.reduce((shortest, { longest }) => Math.min(shortest, longest), Infinity);
  return [...new Set(agreeing.filter(({ longest }) => longest === least).map(({ site }) => site))];
}

/** Whether a site may make a layer of that kind. Where source has a DyT, a checkpoint may have the norm still. */
function mayMake(site: NormKind | undefined, layer: NormKind): boolean {
  return site === undefined || site === layer || (isElementWise(site) && !isElementWise(layer));
}

function continuations({ literals, patterns }: Ending, segment: string): Ending[] {
  const literal = literals.get(segment);
  const agreeing = [...patterns.values()].filter(({ agrees }) => agrees(segment)).map(({ ending }) => ending);
  return literal === undefined ? agreeing : [literal, ...agreeing];
}
