import { describe, expect, test } from "vitest";
import { overallShare, pieceNumber, piecesOf, piecesOfConversion, progressPhases, replaceSteps, type Progress, type ProgressPiece } from "../../src/shared/progress";

const isStep = (piece: ProgressPiece): boolean => replaceSteps.some((step) => step === piece);
const progressOf = (piece: ProgressPiece, pieces: readonly ProgressPiece[], done: number): Progress =>
  (isStep(piece) ? { phase: "replace", stage: piece, pieces, done, total: 4 } : { phase: piece as Progress["phase"], pieces, done, total: 4 });

describe.each([
  ["an analysis", piecesOf({ kind: "analyze" })],
  ["replacing norms", piecesOf({ kind: "replace" })],
  ["replacing norms with values that are tuned", piecesOf({ kind: "replace", tune: 60 })],
  ["a conversion", piecesOfConversion({})],
  ["a conversion in order", piecesOfConversion({ inOrder: {} })],
  ["a conversion with values", piecesOfConversion({ values: "values.json" })],
])("of %s", (_, pieces) => {
  test("the share rises from piece to piece, from 0 to 1", () => {
    const shares = pieces.flatMap((piece) => [0, 1, 4].map((done) => overallShare(progressOf(piece, pieces, done))));
    expect(shares[0]).toBe(0);
    expect(shares.at(-1)).toBeCloseTo(1, 12);
    for (const [index, share] of shares.entries()) expect(share).toBeGreaterThanOrEqual((shares[index - 1] ?? 0) - 1e-12);
  });

  test("pieces are counted from 1 to their number", () => {
    expect(pieces.map((piece) => pieceNumber(progressOf(piece, pieces, 0)))).toEqual(pieces.map((_piece, index) => ({ number: index + 1, of: pieces.length })));
  });
});

test("layers are tuned together only where that is asked for", () => {
  expect(piecesOf({ kind: "replace" })).not.toContain("tuning all layers together");
  expect(piecesOf({ kind: "replace", tune: 1 })).toContain("tuning all layers together");
});

test("progress that names no pieces is an analysis's", () => {
  expect(pieceNumber({ phase: "forward", done: 0, total: 1 })).toEqual({ number: 5, of: progressPhases.length });
  expect(pieceNumber({ phase: "copy", done: 0, total: 1 })).toBeUndefined();
  expect(overallShare({ phase: "copy", done: 1, total: 4 })).toBe(0.25);
});
