import type { Position, TextDocument } from "vscode";
import type { LayerResult, Result } from "../../shared/result";
import { matchLayers } from "../../source/layer-matching";
import type { NormSite, StartAlpha } from "../../source/norm-site";
import type { ResultStore } from "../results/result-store";
import type { PythonNorms } from "./python-norms";
import { rangeOf } from "./range-of";

/** A site of source with the layers of the current result that it stands for. */
export interface MatchedSite {
  readonly site: NormSite;
  /** In the order of the result; never empty. */
  readonly layers: readonly LayerResult[];
}

/** A line of source that creates norm layers. */
export interface NormLine {
  /** From 0. */
  readonly line: number;
  /** Where its first site begins. */
  readonly column: number;
  /** Layers of all sites of the line; none where the line only could have some. */
  readonly layers: readonly LayerResult[];
  /** What alphas of DyTs on the line start from, each once. */
  readonly starts: readonly StartAlpha[];
}

/** The matched sites of a document, and the result that they are matched with. */
export interface MatchedDocument {
  readonly result: Result;
  readonly sites: readonly MatchedSite[];
}

/** Brings together what source creates and what the current result knows: lenses, hovers and code actions ask here. */
export class NormLines {
  constructor(
    private readonly norms: PythonNorms,
    private readonly results: ResultStore,
  ) {}

  /** Sites of a document that create norm layers of the current result; undefined where there is no result. */
  async matched(document: TextDocument): Promise<MatchedDocument | undefined> {
    const current = await this.results.current();
    if (current === undefined) return undefined;
    return { result: current.result, sites: matchSites(await this.norms.inDocument(document), current.result) };
  }

  /** Lines of a document that create norm layers at all. */
  async all(document: TextDocument): Promise<readonly NormLine[]> {
    return byLine((await this.norms.inDocument(document)).map((site) => ({ site, layers: [] })));
  }

  /** Whether there is a result to tell of. */
  get hasResult(): boolean {
    return this.results.currentUri !== undefined;
  }
}

/** Sites that stand for layers of a result. */
export function matchSites(sites: readonly NormSite[], { layers }: Result): readonly MatchedSite[] {
  const known = new Map(layers.map((layer) => [layer.name, layer]));
  return matchLayers(sites, layers).map(({ site, layers: names }) => ({ site, layers: names.flatMap((name) => known.get(name) ?? []) }));
}

/** The site in whose call a place is: the innermost, where one stands in another. */
export function siteAt(sites: readonly MatchedSite[], place: Position): MatchedSite | undefined {
  const around = sites.filter(({ site }) => rangeOf(site.span).contains(place));
  return around.reduce<MatchedSite | undefined>((inner, each) => (inner === undefined || rangeOf(inner.site.span).contains(rangeOf(each.site.span)) ? each : inner), undefined);
}

/** Sites summed up by line. */
export function byLine(sites: readonly { readonly site: NormSite; readonly layers: readonly LayerResult[] }[]): readonly NormLine[] {
  const lines = new Map<number, NormLine>();
  for (const { site, layers } of sites) {
    const { line, column } = site.span.start;
    const before = lines.get(line);
    const starts = [...(before?.starts ?? []), ...(site.alpha === undefined ? [] : [site.alpha])];
    lines.set(line, {
      line,
      column: Math.min(before?.column ?? column, column),
      layers: [...new Set([...(before?.layers ?? []), ...layers])],
      starts: starts.filter(({ text }, index) => starts.findIndex((each) => each.text === text) === index),
    });
  }
  return [...lines.values()].sort((a, b) => a.line - b.line);
}
