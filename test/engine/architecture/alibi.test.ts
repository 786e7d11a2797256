import { expect, test } from "vitest";
import { alibiSlopes } from "../../../src/engine/architecture/alibi";

test.each([
  // The paper's own example, and one of a number of heads that is no power of two, as BLOOM's build_alibi_tensor gives it.
  [8, [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256]],
  [6, [1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 2, 1 / 8]],
])("slopes of %i heads", (heads, slopes) => {
  expect(alibiSlopes(heads)).toEqual(slopes);
});
