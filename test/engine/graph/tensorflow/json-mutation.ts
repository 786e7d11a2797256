import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Values that readers trip over, of every kind. */
const telling: readonly unknown[] = [null, true, 0, 1, -1, 2, 7, 0.5, 2 ** 31, 2 ** 53, -(2 ** 63), "", "x", "-1", "9223372036854775807", "../x", "DT_STRING", "While", [], {}, [[]], [1, 2, 3]];

interface Place {
  readonly parent: Record<string, unknown>;
  readonly key: string;
}

/** JSON with a few of its values replaced, left out, repeated or taken from elsewhere in it; always the same for the same number. */
export function mutatedJson(json: string, number: number): string {
  const generator = xoroshiro128plus(number);
  const random = (below: number): number => uniformInt(generator, 0, Math.max(0, below - 1));
  const root: Record<string, unknown> = { all: JSON.parse(json) as unknown };
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const places = [{ parent: root, key: "all" }, ...placesIn(root["all"])];
    const { parent, key } = places[random(places.length)]!;
    const other = places[random(places.length)]!;
    const replacement = random(3) === 0 ? structuredClone(other.parent[other.key]) : telling[random(telling.length)];
    if (random(4) > 0) parent[key] = replacement;
    else if (Array.isArray(parent)) parent.splice(Number(key), random(2), structuredClone(parent[Number(key)]) as unknown);
    else Reflect.deleteProperty(parent, key);
  }
  return JSON.stringify(root["all"] ?? null);
}

/** Every value that stands in an object or list. */
function placesIn(value: unknown): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const parent = value as Record<string, unknown>;
  return Object.keys(parent).flatMap((key) => [{ parent, key }, ...placesIn(parent[key])]);
}
