import type { NormSite, SourcePosition, SourceSpan } from "../../source/norm-site";

/** An edit as far as lines go: the stretch from `start` to `end` became text with so many line ends. */
export interface LineChange extends SourceSpan {
  readonly inserted: number;
}

/** Moves sites along with an edit; those that it removed are gone. */
export function shiftSites(sites: readonly NormSite[], change: LineChange): readonly NormSite[] {
  const by = change.inserted - (change.end.line - change.start.line);
  return sites.flatMap((site) => {
    const { start } = site.span;
    if (isBefore(start, change.start)) return [site];
    if (isBefore(start, change.end)) return [];
    return by === 0 ? [site] : [{ ...site, span: moved(site.span, by) }];
  });
}

/** The sites of before, and new ones on lines that had none: what is shown while a document does not parse. */
export function keepSites(before: readonly NormSite[], found: readonly NormSite[]): readonly NormSite[] {
  const lines = new Set(before.map(({ span }) => span.start.line));
  return [...before, ...found.filter(({ span }) => !lines.has(span.start.line))];
}

function isBefore(a: SourcePosition, b: SourcePosition): boolean {
  return a.line < b.line || (a.line === b.line && a.column < b.column);
}

function moved({ start, end }: SourceSpan, by: number): SourceSpan {
  return { start: { ...start, line: start.line + by }, end: { ...end, line: end.line + by } };
}
