import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatRuns, parseRuns, rowsOf } from "../../../src/engine/capture/sequence-runs";

describe("sequence runs", () => {
  it("come back from their text", () => {
    const run = fc.record({ rowsPerSequence: fc.integer({ min: 1, max: 1e6 }), sequences: fc.integer({ min: 1, max: 1e6 }) });
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 5 }), (runs) => {
        expect(parseRuns(formatRuns(runs), rowsOf(runs))).toEqual(runs);
      }),
    );
  });

  it("are read as people write them", () => {
    expect(parseRuns("4", 12)).toEqual([{ rowsPerSequence: 4, sequences: 3 }]);
    expect(parseRuns("4x2,3", 11)).toEqual([
      { rowsPerSequence: 4, sequences: 2 },
      { rowsPerSequence: 3, sequences: 1 },
    ]);
  });

  it.each(["", "0", "5", "-4", "4.0", "4x", "4x0", "x3", "4,4", "4x3,", "4x3 ", "1e1", "99999999999999999999"])("refuse %j for 12 rows", (text) => {
    expect(parseRuns(text, 12)).toBeUndefined();
  });
});
