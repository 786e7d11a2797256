import { Position, Range } from "vscode";
import type { SourceSpan } from "../../source/norm-site";

/** A span of source as the editor's range. */
export function rangeOf({ start, end }: SourceSpan): Range {
  return new Range(new Position(start.line, start.column), new Position(end.line, end.column));
}
