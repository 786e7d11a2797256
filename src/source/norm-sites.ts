import { findPaths } from "./module-paths";
import type { NormSite } from "./norm-site";
import type { PythonParser } from "./python-parser";
import { SourceReader } from "./source-reader";

/** Longer texts, in UTF-16 units, are no model's source and are not read. */
const maxLength = 2_000_000;

/** The norm layers of a Python file. */
export interface SourceNorms {
  /** In the order of the text. */
  readonly sites: readonly NormSite[];
  /** Whether part of the text is no Python, as it is while it is being typed: sites may be missing. */
  readonly hasError: boolean;
}

/** Finds every place where a norm layer is made or named. Never throws on a text: what is no Python has no sites. */
export function findNormSites(parser: PythonParser, text: string): SourceNorms {
  if (text.length > maxLength) return { sites: [], hasError: false };
  const tree = parser.parse(text);
  const reader = new SourceReader(tree);
  findPaths(reader);
  return { sites: reader.sites, hasError: tree.hasError };
}
