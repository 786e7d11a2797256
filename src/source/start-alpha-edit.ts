import { alphaLiteral } from "./alpha-literal";
import { findPaths } from "./module-paths";
import type { NormSite, SourceEdit } from "./norm-site";
import type { PythonParser } from "./python-parser";
import { SourceReader } from "./source-reader";

/**
 * The edit that writes an alpha into the call that makes a DyT: in the place of what is written, else as a further argument.
 * @param site found in this text, or in one that had it at the same place: what is called there must be the same, the rest is read anew
 * @returns undefined where the call takes no alpha that is known, or is not there anymore
 */
export function writeStartAlpha(parser: PythonParser, text: string, site: NormSite, alpha: number): SourceEdit | undefined {
  const reader = new SourceReader(parser.parse(text));
  findPaths(reader);
  const found = reader.found(site);
  const place = found && reader.alphaPlaces.get(found.site);
  if (found?.node.type !== "call" || place === undefined) return undefined;
  const literal = alphaLiteral(alpha);
  if (place.written !== undefined) return { span: reader.lines.span(place.written.start, place.written.end), text: literal };
  if (place.keyword === undefined) return undefined;
  const end = place.last?.end ?? found.node.end - 1;
  return { span: reader.lines.span(end, end), text: `${place.last === undefined ? "" : ", "}${place.keyword}=${literal}` };
}
