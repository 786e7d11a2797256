import type { Progress, ReplaceStep } from "../../shared/progress";
import type { OnSteps } from "./network";

/**
 * Reports how many steps of a piece of work are done, and, from the second report on, how long the others will take if they are like those.
 * @param now seconds on any clock that only goes forward
 */
export function watchedSteps(stage: ReplaceStep, onProgress: (progress: Progress) => void, now = () => performance.now() / 1000): OnSteps {
  let first: { readonly done: number; readonly time: number } | undefined;
  return (done, total) => {
    first ??= { done, time: now() };
    const behind = done - first.done;
    const secondsLeft = behind > 0 ? ((now() - first.time) / behind) * (total - done) : undefined;
    onProgress({ phase: "replace", stage, done, total, ...(secondsLeft !== undefined && { secondsLeft }) });
  };
}
