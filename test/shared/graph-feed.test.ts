import { expect, test } from "vitest";
import { feedOptions, formatFeed } from "../../src/shared/graph-feed";

const feeds = [{ name: "ids", type: "int64", shape: ["batch", ""], bound: 30 }, { name: "x", type: "float32", shape: [1, 8] }] as const;

test("an input is told by name, type, shape and the ids that it takes", () => {
  expect(feeds.map(formatFeed)).toEqual(["ids: int64 [batch, any], ids below 30", "x: float32 [1, 8]"]);
});

test("inputs are told as the options that feed them", () => {
  expect(feedOptions(feeds)).toBe("--input ids=FILE.npy (int64 [batch, any], ids below 30) --input x=FILE.npy (float32 [1, 8])");
});
