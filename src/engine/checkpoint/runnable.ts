import { UserError } from "../../shared/errors";
import { asClause } from "../../shared/format";
import type { Checkpoint } from "./checkpoint";

/** @throws UserError where a checkpoint is a graph that can't be run. */
export function checkRunnable({ cannotRun }: Checkpoint): void {
  if (cannotRun !== undefined) throw new UserError(cannotRun);
}

/** @throws UserError where a graph lacks what lies behind its last norm, so that it can't be written anew. */
export function checkWhole({ path, leftOut }: Checkpoint): void {
  if (leftOut !== undefined) throw new UserError(`${path} can't be converted, as it is not read to its end: ${asClause(leftOut)}; convert its export as ONNX.`);
}
