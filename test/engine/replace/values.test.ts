import { expect, test } from "vitest";
import type { MeasuredNorm } from "../../../src/engine/norm-measurements";
import { candidatesOf } from "../../../src/engine/replace/values";
import { syntheticResult } from "../../synthetic-result";

test("a layer whose gain fits no shape, as in a loop of a graph, stays and says why", () => {
  const [layer] = syntheticResult().layers;
  const measured = { layer: { ...layer!, kind: "layernorm" } } as unknown as MeasuredNorm;
  expect(candidatesOf([measured], new Map())).toEqual({ taken: [], kept: [{ name: layer!.name, reason: "its rows do not share their channels, or it stands in a branch or loop of the graph" }] });
});
