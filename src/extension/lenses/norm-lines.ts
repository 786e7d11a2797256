import type { TextDocument } from "vscode";
import type { LayerResult, Result } from "../../shared/result";
import { matchLayers } from "../../source/layer-matching";
import type { NormSite } from "../../source/norm-site";
import type { ResultStore } from "../results/result-store";
import type { PythonNorms } from "./python-norms";

/** A line of source that creates norm layers, with those of the current result that it stands for. */
export interface NormLine {
  /** From 0. */
  readonly line: number;
  /** First site of the line. */
  readonly site: NormSite;
  /** Layers of all sites of the line, in the order of the result; none where the result has none of them. */
  readonly layers: readonly LayerResult[];
}

/** Brings together what source creates and what the current result knows: lenses, hovers and code actions ask here. */
export class NormLines {
  constructor(
    private readonly norms: PythonNorms,
    private readonly results: ResultStore,
  ) {}

  /** Lines of a document that create norm layers of the current result. */
  async withLayers(document: TextDocument): Promise<readonly NormLine[]> {
    const current = await this.results.current();
    if (current === undefined) return [];
    return linesWithLayers(await this.norms.inDocument(document), current.result);
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

/** Sites with the layers that they stand for, summed up by line. */
export function linesWithLayers(sites: readonly NormSite[], { layers }: Result): readonly NormLine[] {
  const known = new Map(layers.map((layer) => [layer.name, layer]));
  const matches = matchLayers(sites, layers);
  return byLine(matches.map(({ site, layers: names }) => ({ site, layers: names.flatMap((name) => known.get(name) ?? []) })));
}

function byLine(matches: readonly { readonly site: NormSite; readonly layers: readonly LayerResult[] }[]): readonly NormLine[] {
  const lines = new Map<number, NormLine>();
  for (const { site, layers } of matches) {
    const { line } = site.span.start;
    const before = lines.get(line);
    lines.set(line, { line, site: before?.site ?? site, layers: [...new Set([...(before?.layers ?? []), ...layers])] });
  }
  return [...lines.values()].sort((a, b) => a.line - b.line);
}
