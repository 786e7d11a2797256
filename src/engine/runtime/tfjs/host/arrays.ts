import type { Arrays } from "../arrays";
import { around, sameShape, withSize } from "../shapes";
import { arrayOf, zeros, type HostArray } from "./array";
import { stridesOf, view } from "./view";

/** Movements of arrays in JavaScript. */
export const hostArrays: Arrays<HostArray> = {
  shape: (x) => x.shape,
  reshape: (x, shape) => ({ ...x, shape }),
  transpose: (x, permutation) => {
    const strides = stridesOf(x.shape);
    return view(x, permutation.map((axis) => x.shape[axis]!), permutation.map((axis) => strides[axis]!));
  },
  slice: (x, starts, sizes, steps) => {
    const strides = stridesOf(x.shape);
    const offset = starts.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
    return view(x, sizes, strides.map((stride, axis) => stride * steps[axis]!), offset);
  },
  expand: (x, shape) => {
    if (sameShape(x.shape, shape)) return x;
    const strides = stridesOf(x.shape).map((stride, axis) => (x.shape[axis] === 1 ? 0 : stride));
    return view(x, shape, [...shape.slice(x.shape.length).map(() => 0), ...strides]);
  },
  concat: (xs, axis) => {
    const { type, shape } = xs[0]!;
    const result = zeros(type, withSize(shape, axis, xs.reduce((sum, x) => sum + x.shape[axis]!, 0)));
    const { outer } = around(shape, axis);
    let position = 0;
    for (let block = 0; block < outer; block++)
      for (const { data } of xs) {
        const length = data.length / outer;
        result.data.set(data.subarray(block * length, (block + 1) * length), position);
        position += length;
      }
    return result;
  },
  take: (x, entries, axis) => {
    const { outer, size, inner } = around(x.shape, axis);
    const result = zeros(x.type, withSize(x.shape, axis, entries.length));
    for (let block = 0; block < outer; block++)
      for (const [position, entry] of entries.entries()) {
        const from = (block * size + entry) * inner;
        result.data.set(x.data.subarray(from, from + inner), (block * entries.length + position) * inner);
      }
    return result;
  },
  pad: (x, before, after, value) =>
    x.shape.reduce((padded, _, axis) => {
      const border = (count: number): HostArray => hostArrays.expand(arrayOf(x.type, [], [value]), withSize(padded.shape, axis, count));
      return hostArrays.concat([border(before[axis]!), padded, border(after[axis]!)], axis);
    }, x),
};
