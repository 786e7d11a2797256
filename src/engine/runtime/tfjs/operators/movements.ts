import { elementCount } from "../../../tensor";
import type { Arrays } from "../arrays";
import { around, axesUpTo, axisOf, broadcastShape } from "../shapes";
import type { GraphNode } from "../node";
import { movement, numbers, type Call, type Operators } from "./operator";

/** The shape that Reshape asks for: 0 keeps a size unless allowed as such, -1 takes what is left. */
function reshaped(from: readonly number[], wanted: readonly number[], allowZero: boolean): number[] {
  const shape = wanted.map((size, axis) => (size === 0 && !allowZero ? from[axis]! : size));
  const rest = elementCount(from) / elementCount(shape.filter((size) => size !== -1));
  const result = shape.map((size) => (size === -1 ? rest : size));
  // The wasm backend would read on behind the elements.
  if (elementCount(result) !== elementCount(from) || !result.every(Number.isInteger)) throw new Error(`A tensor [${from.join(", ")}] can't take the shape [${wanted.join(", ")}].`);
  return result;
}

/** What Slice takes of each axis. */
interface Box {
  readonly starts: number[];
  readonly sizes: number[];
  readonly steps: number[];
}

/** Slice's starts, ends, axes and steps, as inputs or (before version 10) as attributes, for every axis of a shape. */
export function boxOf(shape: readonly number[], { settings, node }: Pick<Call<unknown>, "settings" | "node">): Box {
  const [starts, ends, axes, steps] = settings.map(numbers);
  const from = starts ?? node.ints("starts", []);
  const to = ends ?? node.ints("ends", []);
  const along = (axes ?? node.ints("axes", axesUpTo(from.length))).map((axis) => axisOf(axis, shape.length));
  const box: Box = { starts: shape.map(() => 0), sizes: [...shape], steps: shape.map(() => 1) };
  for (const [position, axis] of along.entries()) {
    const size = shape[axis]!;
    const step = steps?.[position] ?? 1;
    const [first, last] = step > 0 ? [0, size] : [-1, size - 1];
    const within = (index: number): number => Math.min(Math.max(index < 0 ? index + size : index, first), last);
    const start = step > 0 ? within(from[position]!) : Math.max(within(from[position]!), 0);
    box.starts[axis] = start;
    box.sizes[axis] = Math.max(0, Math.ceil((within(to[position]!) - start) / step));
    box.steps[axis] = step;
  }
  return box;
}

/** Sizes of Split's parts: stated, or as even as can be. */
function partSizes({ settings, node }: Pick<Call<unknown>, "settings" | "node">, size: number): number[] {
  const stated = numbers(settings[0]) ?? node.ints("split", undefined);
  if (stated) return stated;
  const count = node.outputs.length;
  const each = Math.ceil(size / count);
  return Array.from({ length: count }, (_, part) => Math.min(each, size - part * each));
}

/** The entry that stands at an index, which may lie outside an axis of this size. */
type Border = (index: number, size: number) => number;

/** What stands outside: "edge" repeats the last one, "reflect" mirrors without it, "wrap" starts again. */
const borders: Readonly<Record<string, Border>> = {
  edge: (index, size) => Math.min(Math.max(index, 0), size - 1),
  reflect: (index, size) => {
    const period = Math.max(1, 2 * (size - 1));
    const place = ((index % period) + period) % period;
    return Math.min(place, period - place);
  },
  wrap: (index, size) => ((index % size) + size) % size,
};

/** Pad's borders before and after each axis. */
function bordersOf({ settings, node }: Pick<Call<unknown>, "settings" | "node">, rank: number): { before: number[]; after: number[] } {
  const pads = numbers(settings[0]) ?? node.ints("pads", []);
  const axes = (numbers(settings[2]) ?? axesUpTo(rank)).map((axis) => axisOf(axis, rank));
  const at = (offset: number): number[] => axesUpTo(rank).map((axis) => (axes.includes(axis) ? pads[offset + axes.indexOf(axis)]! : 0));
  return { before: at(0), after: at(axes.length) };
}

/**
 * The number of an entry that may be counted from the end.
 * @throws RangeError where there is none: a GPU would take zeros instead.
 */
export function entryOf(entry: number, size: number): number {
  const counted = axisOf(entry, size);
  if (counted < 0 || counted >= size) throw new RangeError(`There is no entry ${entry} among ${size}.`);
  return counted;
}

function attributeAxis(node: GraphNode, otherwise: number, rank: number): number {
  return axisOf(node.int("axis", otherwise), rank);
}

function tile<T>(arrays: Arrays<T>, x: T, repeats: readonly number[]): T {
  let tiled = x;
  for (const [axis, count] of repeats.entries()) if (count !== 1) tiled = arrays.concat(Array.from({ length: count }, () => tiled), axis);
  return tiled;
}

function padWith<T>(arrays: Arrays<T>, x: T, before: readonly number[], after: readonly number[], border: Border): T {
  let padded = x;
  for (const [axis, size] of arrays.shape(x).entries()) {
    const entries = Array.from({ length: before[axis]! + size + after[axis]! }, (_, index) => border(index - before[axis]!, size));
    padded = arrays.take(padded, entries, axis);
  }
  return padded;
}

/** A border of less than nothing cuts off. */
function padConstant<T>(arrays: Arrays<T>, x: T, before: readonly number[], after: readonly number[], value: number): T {
  const sizes = arrays.shape(x).map((size, axis) => size + Math.min(0, before[axis]!) + Math.min(0, after[axis]!));
  const inner = arrays.slice(x, before.map((count) => Math.max(0, -count)), sizes, sizes.map(() => 1));
  return arrays.pad(inner, before.map((count) => Math.max(0, count)), after.map((count) => Math.max(0, count)), value);
}

/** Operators that move elements and compute nothing. */
export const movements: Operators = {
  Reshape: movement(1, (arrays, { inputs: [x], settings, node }) => [
    arrays.reshape(x!, reshaped(arrays.shape(x!), numbers(settings[0])!, node.int("allowzero", 0) === 1)),
  ]),
  Flatten: movement(1, (arrays, { inputs: [x], node }) => {
    const shape = arrays.shape(x!);
    const axis = attributeAxis(node, 1, shape.length);
    return [arrays.reshape(x!, [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))])];
  }),
  Squeeze: movement(1, (arrays, { inputs: [x], settings, node }) => {
    const shape = arrays.shape(x!);
    const named = numbers(settings[0]) ?? node.ints("axes", undefined);
    const axes = named?.map((axis) => axisOf(axis, shape.length)) ?? axesUpTo(shape.length).filter((axis) => shape[axis] === 1);
    return [arrays.reshape(x!, shape.filter((_, axis) => !axes.includes(axis)))];
  }),
  Unsqueeze: movement(1, (arrays, { inputs: [x], settings, node }) => {
    const shape = [...arrays.shape(x!)];
    const axes = numbers(settings[0]) ?? node.ints("axes", []);
    const rank = shape.length + axes.length;
    for (const axis of axes.map((one) => axisOf(one, rank)).toSorted((a, b) => a - b)) shape.splice(axis, 0, 1);
    return [arrays.reshape(x!, shape)];
  }),
  Transpose: movement(1, (arrays, { inputs: [x], node }) => [arrays.transpose(x!, node.ints("perm", undefined) ?? axesUpTo(arrays.shape(x!).length).reverse())]),
  Slice: movement(1, (arrays, call) => {
    const { starts, sizes, steps } = boxOf(arrays.shape(call.inputs[0]!), call);
    return [arrays.slice(call.inputs[0]!, starts, sizes, steps)];
  }),
  Split: movement(1, (arrays, call) => {
    const x = call.inputs[0]!;
    const shape = arrays.shape(x);
    const along = attributeAxis(call.node, 0, shape.length);
    let start = 0;
    return partSizes(call, shape[along]!).map((size) => {
      const part = arrays.slice(x, shape.map((_, axis) => (axis === along ? start : 0)), shape.map((other, axis) => (axis === along ? size : other)), shape.map(() => 1));
      start += size;
      return part;
    });
  }),
  Concat: movement(Infinity, (arrays, { inputs, node }) => {
    const parts = inputs.filter((input) => input !== undefined);
    return [arrays.concat(parts, attributeAxis(node, 0, arrays.shape(parts[0]!).length))];
  }),
  Expand: movement(1, (arrays, { inputs: [x], settings }) => [arrays.expand(x!, broadcastShape(arrays.shape(x!), numbers(settings[0])!))]),
  Tile: movement(1, (arrays, { inputs: [x], settings }) => [tile(arrays, x!, numbers(settings[0])!)]),
  Pad: movement(1, (arrays, call) => {
    const x = call.inputs[0]!;
    const { before, after } = bordersOf(call, arrays.shape(x).length);
    const border = borders[call.node.string("mode", "constant")];
    return [border ? padWith(arrays, x, before, after, border) : padConstant(arrays, x, before, after, numbers(call.settings[1])?.[0] ?? call.node.float("value", 0))];
  }),
  Gather: movement(1, (arrays, { inputs: [x], settings: [entries], node }) => {
    const shape = arrays.shape(x!);
    const axis = attributeAxis(node, 0, shape.length);
    const taken = arrays.take(x!, Array.from(entries!.data, (entry) => entryOf(entry, shape[axis]!)), axis);
    return [arrays.reshape(taken, [...shape.slice(0, axis), ...entries!.shape, ...shape.slice(axis + 1)])];
  }),
  GatherElements: movement(1, (arrays, { inputs: [x], settings: [entries], node }) => {
    const shape = arrays.shape(x!);
    const axis = attributeAxis(node, 0, shape.length);
    const { size, inner } = around(shape, axis);
    const places = placesIn(shape, entries!.shape, axis);
    const taken = Array.from(entries!.data, (entry, index) => places[index]! + entryOf(entry, size) * inner);
    return [arrays.reshape(arrays.take(arrays.reshape(x!, [elementCount(shape)]), taken, 0), entries!.shape)];
  }),
};

/** Where the elements of a box at the origin lie in an array of this shape, all of them moved to the beginning of one axis. */
function placesIn(shape: readonly number[], box: readonly number[], flat: number): number[] {
  return box.reduce<number[]>(
    (places, size, axis) => places.flatMap((place) => Array.from({ length: size }, (_, index) => place * shape[axis]! + (axis === flat ? 0 : index))),
    [0],
  );
}
