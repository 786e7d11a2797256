import { UserError } from "../../shared/errors";
import type { Checkpoint } from "./checkpoint";

/** @throws UserError where a checkpoint is a graph that can't be run. */
export function checkRunnable({ cannotRun }: Checkpoint): void {
  if (cannotRun !== undefined) throw new UserError(cannotRun);
}
