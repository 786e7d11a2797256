import { beforeAll, describe, expect, it } from "vitest";
import { findNormSites } from "../../src/source/norm-sites";
import type { NormSite } from "../../src/source/norm-site";
import type { PythonParser } from "../../src/source/python-parser";
import { corpusNames, corpusText, loadPython, marks, type Mark } from "./python";

let parser: PythonParser;
beforeAll(async () => {
  parser = await loadPython();
});

/** A site as a mark would tell it, by a path that is expected if it is one of the longest. */
function told({ span, kind, form, paths }: NormSite, expected: Mark | undefined): Mark {
  const longest = paths.filter(({ length }) => length === paths.at(-1)?.length).map((path) => path.join("."));
  const path = longest.find((each) => each === expected?.path) ?? longest[0] ?? "-";
  return { line: span.start.line, kind: kind ?? "?", form, path };
}

describe("norm sites of the corpus", () => {
  it.each(corpusNames)("%s: the marked ones and no other", (name) => {
    const text = corpusText(name);
    const expected = marks(text);
    expect(findNormSites(parser, text).sites.map((site, index) => told(site, expected[index]))).toEqual(expected);
  });
});
