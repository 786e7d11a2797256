import type { Value } from "../../graph/graph";

/** What takes and gives named values. */
export interface Flow {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** For each of the steps, in order, the values that nothing behind it uses: a value goes with its last use. */
export function lastUses(steps: readonly Flow[], kept: Iterable<Value>): Value[][] {
  const seen = new Set(kept);
  const releases = steps.toReversed().map(({ inputs, outputs }) => {
    const last = [...new Set([...inputs, ...outputs])].filter((value) => !seen.has(value));
    for (const value of last) seen.add(value);
    return last;
  });
  return releases.reverse();
}

/** The steps that others, or the wanted values, depend on. */
export function needed<Step extends Flow>(steps: readonly Step[], wanted: Iterable<Value>): Step[] {
  const used = new Set(wanted);
  const backwards = steps.toReversed().filter(({ inputs, outputs }) => {
    const isUsed = outputs.some((value) => used.has(value));
    if (isUsed) for (const value of inputs) used.add(value);
    return isUsed;
  });
  return backwards.reverse();
}
