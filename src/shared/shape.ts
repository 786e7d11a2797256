/**
 * The first place where a value is not of its example's shape, in words: a field that it lacks or has of another type. Lists are compared element by
 * element with the example's first one; null in the example stands for a number that may be infinite, which JSON stores as null.
 * @param path of the value in what it is a part of; "" for the whole.
 */
export function firstDifference(expected: unknown, value: unknown, path: string): string | undefined {
  if (expected === null) return value === null || typeof value === "number" ? undefined : `${path} is no number`;
  if (Array.isArray(expected)) {
    if (!Array.isArray(value)) return `${path} is no list`;
    return first(value, (element, index) => firstDifference(expected[0], element, `${path}[${index}]`));
  }
  if (typeof expected === "object") {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return `${path} is no object`;
    return first(Object.entries(expected), ([key, part]) => firstDifference(part, (value as Record<string, unknown>)[key], path === "" ? key : `${path}.${key}`));
  }
  return typeof value === typeof expected ? undefined : `${path} is no ${typeof expected}`;
}

/** As {@link firstDifference}, of a value that need not be there. */
export function optionalDifference(expected: unknown, value: unknown, path: string): string | undefined {
  return value === undefined ? undefined : firstDifference(expected, value, path);
}

/** What a check finds first among items. */
export function first<T>(items: readonly T[], check: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = check(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}
