import { expect, test } from "vitest";
import { contributes } from "../../package.json";
import { engines } from "../../src/engine/runtime/runtimes";

const properties = contributes.configuration.properties;

test.each([["runtime"], ["device"]] as const)("the setting of the %s offers what the engine has, and nothing else", (part) => {
  const setting = properties[`normlens.analysis.${part}`];
  expect([...setting.enum].sort()).toEqual(["auto", ...new Set(engines.map((engine) => engine[part]))].sort());
  expect(setting.enumDescriptions).toHaveLength(setting.enum.length);
});
