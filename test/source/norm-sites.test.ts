import { beforeAll, describe, expect, it } from "vitest";
import { findNormSites } from "../../src/source/norm-sites";
import type { NormSite } from "../../src/source/norm-site";
import type { PythonParser } from "../../src/source/python-parser";
import { corpusNames, corpusText, loadPython, marks } from "./python";

let parser: PythonParser;
beforeAll(async () => {
  parser = await loadPython();
});

/** The sites of a text as marks would tell them. */
function told(sites: readonly NormSite[]) {
  return sites.map(({ span, kind = "?", form, paths }) => ({ line: span.start.line, kind, form, path: paths.at(-1)?.join(".") ?? "-" }));
}

describe("norm sites of the corpus", () => {
  it.each(corpusNames)("%s: the marked ones and no other", (name) => {
    const text = corpusText(name);
    expect(told(findNormSites(parser, text).sites)).toEqual(marks(text));
  });
});
