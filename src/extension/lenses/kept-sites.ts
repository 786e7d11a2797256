import type { NormSite, SourceSpan } from "../../source/norm-site";

/** An edit as far as lines go: lines `first` to `last` (from 0, both included) became one more than `inserted`. */
export interface LineChange {
  readonly first: number;
  readonly last: number;
  readonly inserted: number;
}

/** Moves sites along with an edit; those whose lines it removed are gone. */
export function shiftSites(sites: readonly NormSite[], { first, last, inserted }: LineChange): readonly NormSite[] {
  const by = inserted - (last - first);
  if (by === 0) return sites;
  return sites.flatMap((site) => {
    const { line } = site.span.start;
    if (line > last) return [{ ...site, span: moved(site.span, by) }];
    // The first line of an edit stays where it is, even where the lines after it go.
    return line > first && by < 0 ? [] : [site];
  });
}

/** The sites of before, and new ones on lines that had none: what is shown while a document does not parse. */
export function keepSites(before: readonly NormSite[], found: readonly NormSite[]): readonly NormSite[] {
  const lines = new Set(before.map(({ span }) => span.start.line));
  return [...before, ...found.filter(({ span }) => !lines.has(span.start.line))];
}

function moved({ start, end }: SourceSpan, by: number): SourceSpan {
  return { start: { ...start, line: start.line + by }, end: { ...end, line: end.line + by } };
}
