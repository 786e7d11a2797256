import * as tf from "@tensorflow/tfjs-core";
import { elementCount } from "../../../tensor";
import { arrayOf, intVector, zeros, type HostArray } from "../host/array";
import { choose } from "../host/elementwise";
import { hostArrays } from "../host/arrays";
import { readInitializer } from "../initializer";
import { axisOf } from "../shapes";
import { numbers, type Operators } from "./operator";

/** Where row and column of [rows, columns] are on the kept side of diagonal k. */
function triangle(shape: readonly number[], upper: boolean, k: number): HostArray {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const kept = Array.from({ length: rows * columns }, (_, index) => {
    const distance = (index % columns) - Math.floor(index / columns);
    return Number(upper ? distance >= k : distance <= k);
  });
  return arrayOf("bool", [rows, columns], kept);
}

/** Operators whose result follows from shapes and settings. */
export const creation: Operators = {
  Shape: {
    ofShapes: ([shape], node) => {
      const rank = shape!.length;
      const end = node.int("end", rank);
      return intVector(shape!.slice(axisOf(node.int("start", 0), rank), axisOf(end, rank)));
    },
  },
  Size: { ofShapes: ([shape]) => arrayOf("int64", [], [elementCount(shape!)]) },
  Range: {
    host: ({ inputs: [start, limit, step] }) => {
      const [first, end, by] = [start!.data[0]!, limit!.data[0]!, step!.data[0]!];
      const count = Math.max(0, Math.ceil((end - first) / by));
      return [arrayOf(start!.type, [count], Array.from({ length: count }, (_, index) => first + index * by))];
    },
  },
  ConstantOfShape: {
    host: ({ inputs: [shape], node }) => {
      const value = node.tensor("value");
      const one = value ? readInitializer(value) : zeros("float32", [1]);
      return [hostArrays.expand({ ...one, shape: [] }, Array.from(shape!.data))];
    },
  },
  Trilu: {
    settingsFrom: 1,
    host: ({ inputs: [x], settings, node }) => [choose(triangle(x!.shape, node.int("upper", 1) === 1, numbers(settings[0])?.[0] ?? 0), x!, zeros(x!.type, []))],
    device: ({ inputs: [x], settings, node }) => {
      const { shape, data } = triangle(x!.shape, node.int("upper", 1) === 1, numbers(settings[0])?.[0] ?? 0);
      return [tf.where(tf.tensor2d(data as Uint8Array, shape as [number, number], "bool"), x!, tf.zerosLike(x!))];
    },
  },
};
