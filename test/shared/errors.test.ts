import { describe, expect, test } from "vitest";
import { CancelledError, UserError } from "../../src/shared/errors";
import { failureOf } from "../../src/shared/failure";

/** As a bundle of its own has it. */
class OtherUserError extends Error {
  override readonly name = "UserError";
}

describe("a refusal", () => {
  test.each<[string, Error]>([
    ["this bundle", new UserError("Choose another file.")],
    ["another bundle", new OtherUserError("Choose another file.")],
  ])("of %s is one", (_name, error) => {
    expect(error instanceof UserError).toBe(true);
    expect(failureOf(error)).toMatchObject({ kind: "refused", message: "Choose another file." });
  });

  test.each([new Error("UserError"), new CancelledError(), { name: "UserError", message: "no error" }, undefined])("is nothing else: %s", (value) => {
    expect(value instanceof UserError).toBe(false);
  });
});
