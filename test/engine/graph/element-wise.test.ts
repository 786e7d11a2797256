import { describe, expect, test } from "vitest";
import { findNorms } from "../../../src/engine/graph/norms";
import { Writer } from "./model";

const shape = [2, 3, 4];
const gains = [1, 2, 3, 4];

/** The layers that are found in what some nodes make of `x`. */
function found(write: (g: Writer) => string): ReturnType<typeof findNorms> {
  const g = new Writer(shape);
  return findNorms(g.graph(write(g)));
}

describe("found", () => {
  test("DyT, with its alpha before or behind and its gain either way round", () => {
    for (const swap of [false, true]) {
      const pair = (a: string, b: string): string[] => (swap ? [b, a] : [a, b]);
      const [layer] = found((g) => {
        const bent = g.op("Tanh", [g.op("Mul", pair("x", g.floats("dyt.alpha", [1], [0.7])))]);
        return g.op("Add", [g.op("Mul", pair(bent, g.floats("dyt.weight", [4], gains))), g.floats("dyt.bias", [4], gains)]);
      });
      expect(layer).toMatchObject({ name: "dyt", kind: "dyt", input: "x", gain: "dyt.weight", offset: "dyt.bias", trained: { curve: "tanh", alpha: "dyt.alpha", against: "layernorm" } });
    }
  });

  test("Derf with a shift", () => {
    const [layer] = found((g) => g.op("Mul", [g.op("Erf", [g.op("Add", [g.op("Mul", ["x", g.floats("d.alpha", [1], [0.7])]), g.floats("d.shift", [1], [0.1])])]), g.floats("d.weight", [4], gains)]));
    expect(layer).toMatchObject({ kind: "derf", input: "x", trained: { curve: "erf", shift: "d.shift", against: "rmsnorm" } });
  });

  test("without a bias it is compared with an RMSNorm, over channels on axis 1 too", () => {
    const [layer] = found((g) => g.op("Mul", [g.op("Tanh", [g.op("Mul", ["x", g.floats("d.alpha", [1], [2])])]), g.floats("d.weight", [3, 1], [1, 2, 3])]));
    expect(layer).toMatchObject({ kind: "dyt", over: { axes: [-2] }, trained: { against: "rmsnorm" } });
  });

  test("a table of the model's goes in, as DeBERTa's relative positions do", () => {
    const table = Array.from({ length: 8 }, (_, index) => index);
    const [layer] = found((g) => g.op("Add", [g.op("Mul", [g.op("Tanh", [g.op("Mul", [g.floats("positions", [2, 4], table), g.floats("d.alpha", [1], [2])])]), g.floats("d.weight", [4], gains)]), "x"]));
    expect(layer).toMatchObject({ kind: "dyt", input: "positions", trained: { alpha: "d.alpha" } });
  });
});

describe("not found", () => {
  test.each<[string, (g: Writer) => string]>([
    ["a soft cap", (g) => g.op("Mul", [g.op("Tanh", [g.op("Mul", ["x", g.float(0.03)])]), g.float(30)])],
    ["a gate", (g) => g.op("Mul", [g.op("Tanh", [g.op("Mul", ["x", g.float(0.5)])]), g.op("Sigmoid", ["x"])])],
    ["a plain tanh with a gain", (g) => g.op("Mul", [g.op("Tanh", ["x"]), g.floats("w", [4], gains)])],
    ["GELU by tanh", (g) => {
      const cubed = g.op("Mul", [g.op("Pow", ["x", g.float(3)]), g.float(0.044715)]);
      const bent = g.op("Tanh", [g.op("Mul", [g.op("Add", ["x", cubed]), g.float(0.7978845608)])]);
      return g.op("Mul", [g.op("Mul", ["x", g.float(0.5)]), g.op("Add", [bent, g.float(1)])]);
    }],
    ["GELU by erf", (g) => g.op("Mul", [g.op("Mul", ["x", g.op("Add", [g.op("Erf", [g.op("Mul", ["x", g.float(0.70710678)])]), g.float(1)])]), g.float(0.5)])],
    ["an alpha that is computed", (g) => g.op("Mul", [g.op("Tanh", [g.op("Mul", ["x", g.op("Sigmoid", ["x"])])]), g.floats("w", [4], gains)])],
  ])("%s", (_, write) => {
    expect(found(write)).toEqual([]);
  });
});
