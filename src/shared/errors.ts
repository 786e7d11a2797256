/**
 * A refusal that a user reads: one sentence that names the file or the option, what is wrong and what to do.
 * Everything else that is thrown is a defect of the program.
 */
export class UserError extends Error {
  override readonly name = "UserError";

  /** Told by name: a bundle that is loaded on first use throws a class of its own. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === "UserError";
  }
}

/** The analysis was stopped by its user. */
export class CancelledError extends Error {
  override readonly name = "CancelledError";

  constructor() {
    super("Stopped.");
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
