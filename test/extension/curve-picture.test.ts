import { describe, expect, it } from "vitest";
import { curvePicture, pictureSize, type PictureColors } from "../../src/extension/lenses/curve-picture";
import { syntheticResult } from "../synthetic-result";

const colors: PictureColors = { curve: "#00f", others: "#0f0", data: "#888", axis: "#ccc" };
const { layers } = syntheticResult(40, 6);

/** Coordinates of the curves of a colour. */
function curves(svg: string, color: string): { x: number; y: number }[][] {
  return [...svg.matchAll(new RegExp(`<path d="M([^"]*)" stroke="${color}"`, "g"))].map(([, path]) =>
    path!.split("L").map((pair) => {
      const [x, y] = pair.split(" ").map(Number);
      return { x: x!, y: y! };
    }),
  );
}

describe("the picture of a hover", () => {
  it("draws one layer's curve over its whole width, rising, inside its frame", () => {
    const [curve] = curves(curvePicture([layers[0]!], colors)!, colors.curve);
    expect(curve?.[0]?.x).toBe(0);
    expect(curve?.at(-1)?.x).toBe(pictureSize.width);
    for (const [index, { y }] of curve!.entries()) {
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y).toBeLessThanOrEqual(pictureSize.height);
      if (index > 0) expect(y).toBeLessThanOrEqual(curve![index - 1]!.y);
    }
  });

  it("draws several layers on one scale, and a sample where there are very many", () => {
    expect(curves(curvePicture(layers.slice(0, 5), colors)!, colors.others)).toHaveLength(5);
    const many = curves(curvePicture(layers, colors)!, colors.others).length;
    expect(many).toBeGreaterThan(20);
    expect(many).toBeLessThanOrEqual(40);
  });

  it("is not there where no layer has a curve", () => {
    const [layer] = layers;
    expect(curvePicture([{ ...layer!, fit: { ...layer!.fit, status: "no-data" } }], colors)).toBeUndefined();
    expect(curvePicture([], colors)).toBeUndefined();
  });
});
