import { elementCount } from "../../../tensor";
import { axesUpTo } from "../shapes";
import { zeros, type HostArray } from "./array";
import { hostArrays } from "./arrays";

/** Folds `f` over the elements along some axes, from the first of them on; the axes go. */
export function reduce(x: HostArray, axes: readonly number[], f: (result: number, value: number) => number): HostArray {
  const kept = axesUpTo(x.shape.length).filter((axis) => !axes.includes(axis));
  const { data } = hostArrays.transpose(x, [...kept, ...axes]);
  const count = elementCount(axes.map((axis) => x.shape[axis]!));
  const result = zeros(x.type, kept.map((axis) => x.shape[axis]!));
  for (let i = 0; i < result.data.length; i++) {
    let folded = data[i * count]!;
    for (let k = i * count + 1; k < (i + 1) * count; k++) folded = f(folded, data[k]!);
    result.data[i] = folded;
  }
  return result;
}
