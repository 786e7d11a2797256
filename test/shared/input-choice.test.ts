import { expect, test } from "vitest";
import { inputChoiceOf } from "../../src/shared/input-choice";

test("what was fed is asked for again as it was chosen", () => {
  expect(inputChoiceOf({ kind: "text", source: "bundled text" })).toEqual({ kind: "default" });
  expect(inputChoiceOf({ kind: "images", source: "bundled images" })).toEqual({ kind: "default" });
  expect(inputChoiceOf({ kind: "text", source: "corpus.txt" })).toEqual({ kind: "text", path: "corpus.txt" });
  expect(inputChoiceOf({ kind: "audio", source: "speech" })).toEqual({ kind: "audio", path: "speech" });
  expect(inputChoiceOf({ kind: "ids", source: "x.npy, m.npy", files: { x: "x.npy", mask: "m.npy" } })).toEqual({ kind: "tensors", files: { x: "x.npy", mask: "m.npy" } });
  expect(inputChoiceOf({ kind: "random", source: "random" })).toEqual({ kind: "random" });
  expect(inputChoiceOf({ kind: "capture", source: "c.safetensors" })).toBeUndefined();
});
