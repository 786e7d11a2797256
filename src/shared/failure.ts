import { CancelledError, messageOf, UserError } from "./errors";
import type { EngineFailure } from "./messages";

/** An error as data, since only data crosses from thread to thread and from process to process. */
export function failureOf(error: unknown): EngineFailure {
  const kind = error instanceof UserError ? "refused" : error instanceof CancelledError ? "cancelled" : "defect";
  return { kind, message: messageOf(error), ...(error instanceof Error && error.stack !== undefined && { stack: error.stack }) };
}

/** The error that {@link failureOf} was given. */
export function errorOf({ kind, message, stack }: EngineFailure): Error {
  if (kind === "cancelled") return new CancelledError();
  if (kind === "refused") return new UserError(message);
  return Object.assign(new Error(message), stack !== undefined && { stack });
}
