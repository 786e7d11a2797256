/** The axes that a norm normalises over, as its graph states them: some, all from one on, or groups of channels (axis 1) with all axes behind it. */
export type Over = { readonly axes: readonly number[] } | { readonly from: number } | { readonly groups: number };

/** The axes of an input of this rank, ascending, from the start; those behind the channels for a norm over groups. */
export function axesOf(over: Over, rank: number): number[] {
  if ("axes" in over) return over.axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  const from = "groups" in over ? 1 : over.from < 0 ? over.from + rank : over.from;
  return Array.from({ length: rank - from }, (_, index) => from + index);
}

/** Whether two statements name the same axes, as far as that can be told without knowing the rank. */
export function sameAxes(a: Over, b: Over): boolean {
  if ("axes" in a && "axes" in b) return a.axes.length === b.axes.length && [...a.axes].sort().every((axis, index) => axis === [...b.axes].sort()[index]);
  if ("from" in a && "from" in b) return a.from === b.from;
  return "groups" in a && "groups" in b && a.groups === b.groups;
}
