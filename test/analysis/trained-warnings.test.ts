import { expect, test } from "vitest";
import { aboutTrained } from "../../src/analysis/trained-warnings";
import type { LayerResult, TrainedLayer } from "../../src/shared/result";
import { syntheticResult } from "../synthetic-result";

const { layers } = syntheticResult(3, 4);

/** Layers that are element-wise, with alphas near 1 / std unless said otherwise. */
function trained(change: (index: number) => Partial<TrainedLayer>): LayerResult[] {
  return layers.map((layer, index) => {
    const alpha = (layer.inverseStd * (10 + index)) / 12;
    const { alpha: own = alpha, ...others } = change(index);
    return { ...layer, kind: "dyt", trained: { curve: "tanh", alpha: own, alphaMin: own, alphaMax: own, alphas: 1, shift: 0, saturation: 0.1, against: "layernorm", ...others } };
  });
}

const codes = (all: readonly LayerResult[]): string[] => aboutTrained(all).map(({ code }) => code);

test("norms, and layers that trained as they should, are nothing to warn of", () => {
  expect(aboutTrained(layers)).toEqual([]);
  expect(aboutTrained(trained(() => ({})))).toEqual([]);
});

test("alphas of 0 and below", () => {
  expect(codes(trained((index) => (index === 1 ? { alpha: 0 } : {})))).toEqual(["alpha-sign"]);
  const warnings = aboutTrained(trained((index) => (index === 2 ? { alpha: -layers[2]!.inverseStd } : {})));
  expect(warnings).toMatchObject([{ code: "alpha-sign", layer: layers[2]!.name }]);
  expect(warnings[0]!.message).toContain("negative");
});

test("an alpha for every channel", () => {
  expect(codes(trained((index) => (index === 0 ? { alphas: 16 } : {})))).toEqual(["alpha-vector"]);
});

test("alphas far from 1 / std, either way", () => {
  expect(codes(trained((index) => (index === 0 ? { alpha: 11 * layers[0]!.inverseStd } : {})))).toEqual(["alpha-far"]);
  expect(codes(trained((index) => (index === 0 ? { alpha: layers[0]!.inverseStd / 11 } : {})))).toEqual(["alpha-far"]);
  expect(codes(trained((index) => (index === 0 ? { alpha: 9 * layers[0]!.inverseStd } : {})))).toEqual([]);
});

test("alphas that have not moved, with much in the flat part or little", () => {
  const still = (saturation: number): string => aboutTrained(trained(() => ({ alpha: 2, saturation }))).find(({ code }) => code === "alpha-unmoved")!.message;
  expect(still(0.7)).toContain("failed");
  expect(still(0.1)).toContain("loaded into a converted model");
  expect(codes(trained((index) => ({ alpha: index === 0 ? 2.1 : 2 })))).not.toContain("alpha-unmoved");
});
