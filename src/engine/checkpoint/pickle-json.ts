import type { JsonObject } from "./json";
import { PickleObject } from "./pickle";
import type { PickleDict, PickleValue } from "./pickle";

/** Most values of a configuration: what is shared counts each time that it is met. */
const mostValues = 10_000;

/** Dictionaries and lists inside each other; a dictionary may contain itself. */
const deepest = 16;

/**
 * A dictionary of a pickle, or the attributes of an object such as argparse's Namespace, as JSON; entries that JSON has no words for are left out.
 * Undefined where it is neither, or larger or deeper than any configuration.
 */
export function jsonOfPickle(value: PickleValue): JsonObject | undefined {
  const dict = value instanceof PickleObject ? value.state : value;
  return dict instanceof Map ? new Conversion().json(dict) : undefined;
}

class Conversion {
  private values = 0;
  private isTooLarge = false;

  json(dict: PickleDict): JsonObject | undefined {
    const object = this.objectOf(dict, 0);
    return this.isTooLarge ? undefined : object;
  }

  private objectOf(dict: PickleDict, depth: number): JsonObject {
    const entries = [...dict].flatMap(([key, value]): [string, unknown][] => (typeof key === "string" ? [[key, this.valueOf(value, depth + 1)]] : []));
    return Object.fromEntries<unknown>(entries.filter(([, value]) => value !== undefined));
  }

  private valueOf(value: PickleValue, depth: number): unknown {
    this.isTooLarge ||= ++this.values > mostValues || depth > deepest;
    if (this.isTooLarge) return undefined;
    if (value instanceof Map) return this.objectOf(value, depth);
    if (Array.isArray(value)) return value.map((item) => this.valueOf(item, depth + 1));
    return isPlain(value) ? value : undefined;
  }
}

function isPlain(value: PickleValue): boolean {
  return value === null || typeof value === "boolean" || typeof value === "number" || typeof value === "string";
}
