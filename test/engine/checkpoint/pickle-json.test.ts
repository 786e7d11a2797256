import { expect, it } from "vitest";
import { PickleGlobal, PickleObject } from "../../../src/engine/checkpoint/pickle";
import type { PickleDict, PickleValue } from "../../../src/engine/checkpoint/pickle";
import { jsonOfPickle } from "../../../src/engine/checkpoint/pickle-json";

const dict = (entries: Record<string, PickleValue>): PickleDict => new Map(Object.entries(entries));

it("nested dictionaries and lists become JSON, and what JSON has no words for is left out", () => {
  const value = dict({ depth: 2, rope: dict({ type: "linear", factors: [1, 2.5] }), none: null, bytes: new Uint8Array(2), class: new PickleGlobal("torch", "float16"), big: 2n ** 70n });
  value.set(7, "a key that is no text");
  expect(jsonOfPickle(value)).toEqual({ depth: 2, rope: { type: "linear", factors: [1, 2.5] }, none: null });
});

it("an object's attributes count", () => {
  const namespace = new PickleObject(new PickleGlobal("argparse", "Namespace"), []);
  namespace.state = dict({ depth: 2 });
  expect(jsonOfPickle(namespace)).toEqual({ depth: 2 });
});

it("what is no dictionary, or larger or deeper than any configuration, is none", () => {
  expect(jsonOfPickle(null)).toBeUndefined();
  expect(jsonOfPickle([1])).toBeUndefined();
  const itself = dict({});
  itself.set("itself", itself);
  expect(jsonOfPickle(itself)).toBeUndefined();
  const laughs = Array.from({ length: 14 }).reduce<PickleValue[]>((inner) => [inner, inner, inner, inner, inner, inner, inner, inner], []);
  expect(jsonOfPickle(dict({ laughs }))).toBeUndefined();
});

it("a key that JavaScript takes for something else is a key", () => {
  expect(Object.keys(jsonOfPickle(dict({ constructor: 1, ["__proto__"]: 2 }))!)).toContain("constructor");
});
