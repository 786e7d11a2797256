import { formatSeconds, printable } from "./format";

/** What an analysis is doing, in the order in which it does it. */
export const progressPhases = ["open", "build", "engine", "input", "forward", "fit", "write"] as const;
/** "replace" is what comes behind an analysis that also measures what replacing norms costs. */
export type ProgressPhase = (typeof progressPhases)[number] | "replace";

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
};

/** Share of a whole analysis that each phase takes, as a bar shows it: nearly all of it is the forward pass. */
const phaseShares: Readonly<Record<(typeof progressPhases)[number], number>> = { open: 0.02, build: 0.02, engine: 0.01, input: 0.03, forward: 0.86, fit: 0.04, write: 0.02 };

/** Steps of replacing norms, with the shares of the whole at which they begin. */
export const replaceSteps = { "fitting in order": 0, "all layers": 0.35, "one layer at a time": 0.75, "more and more layers": 0.92 } as const;
export type ReplaceStep = keyof typeof replaceSteps;

/** How far an analysis has come; the engine reports it, the command line and the panel show it. */
export interface Progress {
  readonly phase: ProgressPhase;
  /** What is being worked on: "block 3", a layer's name ... */
  readonly stage?: string;
  /** Steps of the phase that are finished, 0 to `total`. */
  readonly done: number;
  /** Steps of the phase; 0 where unknown. */
  readonly total: number;
  readonly tokensPerSecond?: number;
  /** Until the end of the phase, estimated. */
  readonly secondsLeft?: number;
}

/** How much of the whole analysis is done, 0 to 1; of the replacing of norms, which comes behind it, how much of that. */
export function overallShare({ phase, stage, done, total }: Progress): number {
  if (phase === "replace") return shareOfReplacing(stage, total > 0 ? Math.min(1, done / total) : 0);
  const before = progressPhases.slice(0, progressPhases.indexOf(phase)).reduce((sum, each) => sum + phaseShares[each], 0);
  return Math.min(1, before + (total > 0 ? Math.min(1, done / total) * phaseShares[phase] : 0));
}

/** What is being done and for how long still: "block 3, 5.0 s left". */
export function describeProgress({ phase, stage, secondsLeft }: Progress): string {
  const what = stage === undefined ? phaseTexts[phase] : printable(stage);
  return secondsLeft === undefined ? what : `${what}, ${formatSeconds(secondsLeft)} left`;
}

function shareOfReplacing(stage: string | undefined, share: number): number {
  const begins = [...Object.values(replaceSteps), 1];
  const step = Object.keys(replaceSteps).indexOf(stage ?? "");
  return step < 0 ? 0 : begins[step]! + share * (begins[step + 1]! - begins[step]!);
}
