import { formatSeconds, printable } from "./format";

/** What an analysis is doing, in the order in which it does it. */
export const progressPhases = ["open", "build", "engine", "input", "forward", "fit", "write"] as const;
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

/** Share of a whole analysis that each phase takes, as a bar shows it: nearly all of it is the forward pass. */
const phaseShares: Readonly<Record<(typeof progressPhases)[number], number>> = { open: 0.02, build: 0.02, engine: 0.01, input: 0.03, forward: 0.86, fit: 0.04, write: 0.02 };

/** Steps of replacing norms, with the shares of the whole at which they begin. */
export const replaceSteps = { "fitting in order": 0, "tuning all layers together": 0.25, "all layers": 0.45, "one layer at a time": 0.8, "more and more layers": 0.94 } as const;
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

/** How much of the whole analysis is done, 0 to 1; of the work that comes behind it, how much of that. */
export function overallShare({ phase, stage, done, total }: Progress): number {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  if (phase === "replace") return shareOfReplacing(stage, share);
  if (phase === "copy") return share;
  const before = progressPhases.slice(0, progressPhases.indexOf(phase)).reduce((sum, each) => sum + phaseShares[each], 0);
  return Math.min(1, before + share * phaseShares[phase]);
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
