import { describe, expect, it } from "vitest";
import { keepSites, shiftSites, type LineChange } from "../../src/extension/lenses/kept-sites";
import type { NormSite } from "../../src/source/norm-site";

/** A site on one line, from column 4 to 20. */
function site(line: number): NormSite {
  return { form: "constructor", framework: "torch", span: { start: { line, column: 4 }, end: { line, column: 20 } }, callee: "nn.LayerNorm", paths: [] };
}

/** The stretch between two places, each a line and a column, becomes text with so many line ends. */
function change(start: readonly [number, number], end: readonly [number, number], inserted: number): LineChange {
  return { start: { line: start[0], column: start[1] }, end: { line: end[0], column: end[1] }, inserted };
}

const linesOf = (sites: readonly NormSite[]) => sites.map(({ span }) => span.start.line);

describe("sites while a document is edited", () => {
  const sites = [site(3), site(7), site(12)];

  it("move by as many lines as were inserted above them", () => {
    const moved = shiftSites(sites, change([5, 0], [5, 0], 2));
    expect(linesOf(moved)).toEqual([3, 9, 14]);
    expect(moved[1]?.span).toEqual({ start: { line: 9, column: 4 }, end: { line: 9, column: 20 } });
  });

  it("move down where their own line is broken before them, and stay where it is broken behind them", () => {
    expect(linesOf(shiftSites(sites, change([7, 4], [7, 4], 1)))).toEqual([3, 8, 13]);
    expect(linesOf(shiftSites(sites, change([7, 20], [7, 20], 1)))).toEqual([3, 7, 13]);
  });

  it("move up where lines above them go, and stay where they are while they are typed in", () => {
    expect(linesOf(shiftSites(sites, change([0, 0], [2, 0], 0)))).toEqual([1, 5, 10]);
    expect(shiftSites(sites, change([7, 10], [7, 12], 0))).toEqual(sites);
  });

  it("go with what is removed", () => {
    expect(linesOf(shiftSites(sites, change([7, 0], [8, 0], 0)))).toEqual([3, 11]);
    expect(linesOf(shiftSites(sites, change([7, 0], [7, 30], 0)))).toEqual([3, 12]);
    expect(linesOf(shiftSites(sites, change([0, 0], [20, 0], 30)))).toEqual([]);
  });

  it("are joined by new ones on other lines only", () => {
    expect(linesOf(keepSites(sites, [site(7), site(9)]))).toEqual([3, 7, 12, 9]);
  });
});
