import type { SourceEdit } from "../../src/source/norm-site";
import { LineMap } from "../../src/source/syntax";

/** A text with edits applied. All of them mean places of the text as it was; they must not overlap. */
export function applyEdits(text: string, edits: readonly SourceEdit[]): string {
  const lines = new LineMap(text);
  const placed = edits.map(({ span, text: replacement }) => ({ start: lines.offset(span.start), end: lines.offset(span.end), replacement }));
  const lastFirst = placed.sort((one, other) => other.start - one.start);
  return lastFirst.reduce((edited, { start, end, replacement }) => edited.slice(0, start) + replacement + edited.slice(end), text);
}
