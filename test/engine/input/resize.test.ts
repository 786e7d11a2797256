import { describe, expect, test } from "vitest";
import { resize, type ResampleFilter } from "../../../src/engine/input/resize";
import { difference, golden, pictureOf, type Pixels } from "./golden";

interface Resized extends Pixels {
  readonly filter: ResampleFilter;
}

const { source, resized } = golden("resized.json") as { source: Pixels; resized: readonly Resized[] };

describe("resize", () => {
  test.each(resized.map((one) => [one.filter, one.width, one.height, one] as const))("%s to %i x %i equals Pillow's", (filter, width, height, one) => {
    const ours = resize(pictureOf(source), width, height, filter);
    expect([ours.width, ours.height, ours.channels]).toEqual([width, height, 3]);
    expect(difference(ours.data, pictureOf(one).data)).toEqual({ largest: 0, count: 0 });
  });

  test.each(["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"] as const)("%s keeps a flat picture flat", (filter) => {
    const flat = { width: 5, height: 4, channels: 1 as const, data: new Uint8Array(20).fill(200) };
    for (const [width, height] of [[3, 9], [1, 1], [17, 2]] as const) {
      expect(new Set(resize(flat, width, height, filter).data)).toEqual(new Set([200]));
    }
  });
});
