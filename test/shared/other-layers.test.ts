import { expect, test } from "vitest";
import { otherLayersWarning } from "../../src/shared/other-layers";
import { withReplacement } from "../synthetic-replacement";
import { syntheticResult } from "../synthetic-result";

const replacement = withReplacement(syntheticResult(2, 3)).replacement!;
const names = replacement.layers.map(({ name }) => name);

test("of the layers that were measured together nothing is told, of others what their costs are worth", () => {
  expect(otherLayersWarning(replacement, names)).toBeUndefined();
  expect(otherLayersWarning({ ...replacement, chosen: "in-order-robust" }, names.slice(1))).toBe(
    `The result has what replacing ${names.length} layers together costs, and ${names.length - 1} of them are replaced here, with values that were fitted for all of them: fit these layers in order by themselves, or measure them.`,
  );
  expect(otherLayersWarning({ ...replacement, chosen: "per-channel" }, names.slice(0, 1))).toBe(
    `The result has what replacing ${names.length} layers together costs, and 1 of them is replaced here, so its costs are not those of this checkpoint: measure these layers.`,
  );
  expect(otherLayersWarning(replacement, [...names, "another"])).toContain("are replaced here");
});
