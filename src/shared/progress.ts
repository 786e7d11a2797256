/** What an analysis is doing, in the order in which it does it. */
export const progressPhases = ["open", "build", "input", "forward", "fit", "write"] as const;
export type ProgressPhase = (typeof progressPhases)[number];

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
