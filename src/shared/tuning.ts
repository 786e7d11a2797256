import type { Progress, ReplaceStep } from "./progress";
import type { Result } from "./result";

/** Steps of tuning that are offered: 60 help, 240 help more. */
export const tuningSteps = { none: 0, quick: 60, thorough: 240 } as const;

const tuning: ReplaceStep = "tuning all layers together";

/** Forward passes that a step of tuning costs, over the tokens of one batch. */
export const passesPerStep = 5;
/** Tokens of a batch, at most. */
export const tokensPerStep = 1024;

/** Steps in which the values of a result's replacement were tuned; undefined where no replacement was measured. */
export function stepsOf({ replacement }: Pick<Result, "replacement">): number | undefined {
  return replacement && (replacement.tuneSteps ?? tuningSteps.none);
}

/** Seconds that so many steps of tuning take, roughly, by the forward pass that the result tells of. */
export function secondsOfTuning(steps: number, { input: { tokens }, engine: { seconds } }: Pick<Result, "input" | "engine">): number {
  return (steps * passesPerStep * seconds.forward * Math.min(tokensPerStep, tokens)) / tokens;
}

/** The step of tuning that is being done, from 1, and of how many; undefined where something else is done. */
export function tuningAt({ stage, done, total }: Progress): { readonly step: number; readonly of: number } | undefined {
  return stage === tuning ? { step: Math.min(done + 1, total), of: total } : undefined;
}

/** Why the layers of a result could not be tuned together, in a sentence; undefined where nothing says so. */
export function tuningRefusal({ warnings }: Pick<Result, "warnings">): string | undefined {
  return warnings.find(({ code }) => code === "not-tuned")?.message;
}
