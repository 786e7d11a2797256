import * as tf from "@tensorflow/tfjs-core";
import type { TfjsBackend } from "../backend";
import { mean, sum } from "../device/sums";
import { arrayOf, isInteger, type HostArray } from "../host/array";
import { hostArrays } from "../host/arrays";
import { map } from "../host/elementwise";
import { reduce } from "../host/reduce";
import { around, axesUpTo, axisOf, withSize } from "../shapes";
import { elementCount } from "../../../tensor";
import { numbers, type Call, type Operator, type Operators } from "./operator";

/** The axes that go, as input or attribute; all where none are named, unless the node says that this means none. */
function axesOf({ settings, node }: Pick<Call<unknown>, "settings" | "node">, rank: number): number[] {
  const named = numbers(settings[0]) ?? node.ints("axes", []);
  if (named.length > 0) return named.map((axis) => axisOf(axis, rank));
  return node.int("noop_with_empty_axes", 0) === 1 ? [] : axesUpTo(rank);
}

/** A function of the elements along some axes. */
function reduction(device: (backend: TfjsBackend, x: tf.Tensor, axes: number[]) => tf.Tensor, host?: (x: HostArray, axes: number[]) => HostArray): Operator {
  const shape = (call: Call<{ readonly shape: readonly number[] }>, axes: number[]): number[] => {
    const kept = call.node.int("keepdims", 1) === 1;
    return call.inputs[0]!.shape.flatMap((size, axis) => (!axes.includes(axis) ? [size] : kept ? [1] : []));
  };
  return {
    settingsFrom: 1,
    ...(host && {
      host: (call) => {
        const axes = axesOf(call, call.inputs[0]!.shape.length);
        return [hostArrays.reshape(host(call.inputs[0]!, axes), shape(call, axes))];
      },
    }),
    device: (call) => {
      const axes = axesOf(call, call.inputs[0]!.rank);
      return [tf.reshape(device(call.backend, call.inputs[0]!, axes), shape(call, axes))];
    },
  };
}

function hostMean(x: HostArray, axes: number[]): HostArray {
  const count = elementCount(axes.map((axis) => x.shape[axis]!));
  return map(reduce(x, axes, (a, b) => a + b), x.type, (total) => (isInteger(x.type) ? Math.trunc(total / count) : total / count));
}

/** Sums from one end of an axis to the other; `reverse` starts at the end, `exclusive` leaves the element itself out. */
function cumulativeSum(x: HostArray, axis: number, exclusive: boolean, reverse: boolean): HostArray {
  const { outer, size, inner } = around(x.shape, axis);
  const sums = arrayOf(x.type, x.shape, x.data);
  for (let block = 0; block < outer; block++)
    for (let column = 0; column < inner; column++) {
      let total = 0;
      for (let step = 0; step < size; step++) {
        const place = (block * size + (reverse ? size - 1 - step : step)) * inner + column;
        const value = x.data[place]!;
        sums.data[place] = exclusive ? total : total + value;
        total += value;
      }
    }
  return sums;
}

/** Number of the largest (or smallest) element along an axis: the first of several, or the last where that is asked for. */
function extremeAt(better: (candidate: number, best: number) => boolean): Operator {
  return {
    host: ({ inputs: [x], node }) => {
      const axis = axisOf(node.int("axis", 0), x!.shape.length);
      const { outer, size, inner } = around(x!.shape, axis);
      const takeLast = node.int("select_last_index", 0) === 1;
      const found = Array.from({ length: outer * inner }, (_, index) => {
        const at = (entry: number): number => x!.data[(Math.floor(index / inner) * size + entry) * inner + (index % inner)]!;
        let best = 0;
        for (let entry = 1; entry < size; entry++) if (better(at(entry), at(best)) || (takeLast && at(entry) === at(best))) best = entry;
        return best;
      });
      const shape = node.int("keepdims", 1) === 1 ? withSize(x!.shape, axis, 1) : x!.shape.filter((_, other) => other !== axis);
      return [arrayOf("int64", shape, found)];
    },
  };
}

/** Operators that take axes away. */
export const reductions: Operators = {
  ReduceSum: reduction(sum, (x, axes) => reduce(x, axes, (a, b) => a + b)),
  ReduceMean: reduction(mean, hostMean),
  ReduceMax: reduction((_, x, axes) => tf.max(x, axes), (x, axes) => reduce(x, axes, (a, b) => Math.max(a, b))),
  ReduceMin: reduction((_, x, axes) => tf.min(x, axes), (x, axes) => reduce(x, axes, (a, b) => Math.min(a, b))),
  ReduceProd: reduction((_, x, axes) => tf.prod(x, axes), (x, axes) => reduce(x, axes, (a, b) => a * b)),
  ReduceSumSquare: reduction((backend, x, axes) => sum(backend, tf.square(x), axes)),
  ReduceL1: reduction((backend, x, axes) => sum(backend, tf.abs(x), axes)),
  ReduceL2: reduction((backend, x, axes) => tf.sqrt(sum(backend, tf.square(x), axes))),
  ReduceLogSumExp: reduction((backend, x, axes) => {
    const largest = tf.max(x, axes, true);
    const total = sum(backend, tf.exp(tf.sub(x, largest)), axes, true);
    return tf.add(tf.log(total), largest);
  }),
  ArgMax: extremeAt((candidate, best) => candidate > best),
  ArgMin: extremeAt((candidate, best) => candidate < best),
  CumSum: {
    settingsFrom: 1,
    host: ({ inputs: [x], settings, node }) => [
      cumulativeSum(x!, axisOf(settings[0]!.data[0]!, x!.shape.length), node.int("exclusive", 0) === 1, node.int("reverse", 0) === 1),
    ],
    device: ({ inputs: [x], settings, node }) => [
      tf.cumsum(x!, axisOf(settings[0]!.data[0]!, x!.rank), node.int("exclusive", 0) === 1, node.int("reverse", 0) === 1),
    ],
  },
};
