import type { ConvertRequest } from "./conversion";
import { formatSeconds, printable } from "./format";
import type { EngineRequest, ReplaceRequest } from "./request";

/** What an analysis is doing, in the order in which it does it. */
export const progressPhases = ["open", "build", "engine", "input", "forward", "fit", "write"] as const;
const analysisPieces = progressPhases.slice(0, -1);
/** Work of its own behind an analysis, or without one: "replace" measures what replacing norms costs, "copy" writes a converted checkpoint. */
export type ProgressPhase = (typeof progressPhases)[number] | "replace" | "copy";

/** The phases for people. */
export const phaseTexts: Readonly<Record<ProgressPhase, string>> = {
  open: "Opening the checkpoint",
  build: "Building the graphs",
  engine: "Choosing an engine",
  input: "Preparing the input",
  forward: "Running the model",
  fit: "Fitting",
  replace: "Replacing norms",
  write: "Writing",
  copy: "Writing the checkpoint",
};

/** Steps of replacing norms, in their order; each is a piece of the work with a count of its own. */
export const replaceSteps = ["fitting in order", "tuning all layers together", "all layers", "one layer at a time", "more and more layers"] as const;
export type ReplaceStep = (typeof replaceSteps)[number];

/** A piece of the work that is counted by itself. */
export type ProgressPiece = Exclude<ProgressPhase, "replace"> | ReplaceStep;

/** How long pieces take beside each other, roughly: nearly all of an analysis is the forward pass. */
const pieceWeights: Readonly<Record<ProgressPiece, number>> = {
  ...{ open: 0.02, build: 0.02, engine: 0.01, input: 0.03, forward: 0.86, fit: 0.04, write: 0.02 },
  ...{ "fitting in order": 3, "tuning all layers together": 10, "all layers": 1, "one layer at a time": 1, "more and more layers": 0.5 },
  copy: 0.5,
};

/** How far an analysis has come; the engine reports it, the command line and the panel show it. */
export interface Progress {
  readonly phase: ProgressPhase;
  /** What is being worked on: "block 3", a layer's name; of replacing norms its step. */
  readonly stage?: string;
  /** All pieces of the work, in their order; those of an analysis where absent. */
  readonly pieces?: readonly ProgressPiece[];
  /** Steps of the phase that are finished, 0 to `total`. */
  readonly done: number;
  /** Steps of the phase; 0 where unknown. */
  readonly total: number;
  readonly tokensPerSecond?: number;
  /** Until the end of the phase, estimated. */
  readonly secondsLeft?: number;
}

/** The pieces that a request is done in, in their order. */
export function piecesOf(request: Pick<EngineRequest, "kind"> & Pick<Partial<ReplaceRequest>, "tune">): readonly ProgressPiece[] {
  if (request.kind !== "replace") return progressPhases;
  return [...analysisPieces, ...replaceSteps.filter((step) => step !== "tuning all layers together" || request.tune !== undefined), "write"];
}

/** The pieces that a conversion is done in, in their order. */
export function piecesOfConversion({ values, inOrder }: Pick<ConvertRequest, "values" | "inOrder">): readonly ProgressPiece[] {
  if (values !== undefined) return ["open", "copy"];
  return [...analysisPieces, ...(inOrder === undefined ? [] : ["fitting in order" as const]), "copy"];
}

/** The number of the piece that is being done, from 1, and of how many; undefined where it is none of them. */
export function pieceNumber(progress: Progress): { readonly number: number; readonly of: number } | undefined {
  const { pieces = progressPhases } = progress;
  const number = pieces.findIndex((piece) => piece === pieceOf(progress)) + 1;
  return number === 0 ? undefined : { number, of: pieces.length };
}

/** How much of the whole work is done, 0 to 1. */
export function overallShare(progress: Progress): number {
  const { done, total, pieces = progressPhases } = progress;
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const place = pieces.findIndex((piece) => piece === pieceOf(progress));
  if (place < 0) return share;
  const weight = (some: readonly ProgressPiece[]): number => some.reduce((sum, piece) => sum + pieceWeights[piece], 0);
  return Math.min(1, (weight(pieces.slice(0, place)) + share * pieceWeights[pieces[place]!]) / weight(pieces));
}

/** What is being done and for how long still: "block 3, 5.0 s left". */
export function describeProgress({ phase, stage, secondsLeft }: Progress): string {
  const what = stage === undefined ? phaseTexts[phase] : printable(stage);
  return secondsLeft === undefined ? what : `${what}, ${formatSeconds(secondsLeft)} left`;
}

function pieceOf({ phase, stage }: Progress): string | undefined {
  return phase === "replace" ? stage : phase;
}
