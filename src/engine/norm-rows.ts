import type { RowBlock } from "../analysis/measurement";
import type { Norm } from "../shared/norm";
import { axesOf, type Over } from "./graph/axes";
import type { Batch } from "./input/input";
import { elementCount, type Tensor } from "./tensor";

/** A norm and how the elements of its inputs fall into rows. Its axes and channels are settled by the first input. */
export interface RowsOfNorm extends Norm {
  readonly over: Over;
  /** Axes, counted from the end, along which gain and offset vary; absent where there are none, or one number for all. */
  readonly affineAxes?: readonly number[];
}

/**
 * The norm as its measurement needs it, told by an input: channels are the elements of a row, gain and offset stand in their order.
 * Rows that are not the same channels, as groups of channels, have no gain and offset of their own: what is measured is before the affine.
 */
export function settled(norm: RowsOfNorm, { shape }: Tensor): Norm {
  const { over, affineAxes, weight, bias, ...rest } = norm;
  const rank = shape.length;
  const axes = axesOf(over, rank);
  const channels = rowLength(over, axes, shape);
  const spread = (values: Float32Array | undefined): Float32Array | undefined =>
    "groups" in over ? undefined : values && spreadOver(values, axes, (affineAxes ?? []).map((axis) => axis + rank), shape);
  const gain = spread(weight);
  const offset = spread(bias);
  return { ...rest, axes: axes.map((axis) => axis - rank), channels, ...(gain && { weight: gain }), ...(offset && { bias: offset }) };
}

/** The rows of a norm's input, those of a sequence together and in the order of its positions. */
export function rowBlock({ over }: Pick<RowsOfNorm, "over">, input: Tensor, { sequences, sequenceLength }: Batch): RowBlock {
  if (input.type !== "float32") throw new Error("A norm's input is not float32.");
  const { data, shape } = input;
  const axes = axesOf(over, shape.length);
  const rows = data.length / rowLength(over, axes, shape);
  if ("groups" in over) return { data, rows, rowsPerSequence: over.groups, rowsPerPosition: over.groups };
  const kept = keptAxes(axes, shape, sequences, sequenceLength);
  return { data: inOrder(data, shape, kept, axes), rows, ...positionsOf(kept.map((axis) => shape[axis]!), rows, sequences, sequenceLength) };
}

function rowLength(over: Over, axes: readonly number[], shape: readonly number[]): number {
  const size = elementCount(axes.map((axis) => shape[axis]!));
  return "groups" in over ? size / over.groups : size;
}

/** The axes that are not normalised over, with that of the positions behind that of the sequences. */
function keptAxes(axes: readonly number[], shape: readonly number[], sequences: number, sequenceLength: number): number[] {
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const [first, second] = kept;
  if (first === undefined || second === undefined || shape[first] !== sequences || shape[second] === sequenceLength) return kept;
  const position = kept.find((axis) => axis !== first && shape[axis] === sequenceLength);
  return position === undefined ? kept : [first, position, ...kept.filter((axis) => axis !== first && axis !== position)];
}

/** How rows fall into sequences and positions; where that can't be told, no row is a first position. */
function positionsOf([batch = 1, positions = 1]: readonly number[], rows: number, sequences: number, sequenceLength: number): Pick<RowBlock, "rowsPerSequence" | "rowsPerPosition"> {
  const rowsPerSequence = rows / sequences;
  if (batch === sequences) return { rowsPerSequence, rowsPerPosition: rowsPerSequence / positions };
  if (batch === sequences * sequenceLength) return { rowsPerSequence, rowsPerPosition: rowsPerSequence / sequenceLength };
  return Number.isInteger(rowsPerSequence) ? { rowsPerSequence, rowsPerPosition: rowsPerSequence } : { rowsPerSequence: rows, rowsPerPosition: rows };
}

/** The elements with the kept axes first and the normalised ones last; the same array where they stand so already. */
function inOrder(data: Float32Array, shape: readonly number[], kept: readonly number[], axes: readonly number[]): Float32Array {
  if ([...kept, ...axes].every((axis, index) => axis === index)) return data;
  const rowStarts = offsets(kept, shape);
  const steps = offsets(axes, shape);
  const ordered = new Float32Array(data.length);
  let place = 0;
  for (const start of rowStarts) for (const step of steps) ordered[place++] = data[start + step]!;
  return ordered;
}

/** Where the elements along some axes lie, row-major in the order of the axes. */
function offsets(axes: readonly number[], shape: readonly number[]): Uint32Array {
  return axes.reduce((places, axis) => {
    const stride = elementCount(shape.slice(axis + 1));
    const size = shape[axis]!;
    const next = new Uint32Array(places.length * size);
    for (let index = 0; index < next.length; index++) next[index] = places[Math.floor(index / size)]! + stride * (index % size);
    return next;
  }, Uint32Array.of(0));
}

/** Values that vary over some of a row's axes, for every element of the row; undefined where they vary over others too. */
function spreadOver(values: Float32Array, axes: readonly number[], affineAxes: readonly number[], shape: readonly number[]): Float32Array | undefined {
  const length = elementCount(axes.map((axis) => shape[axis]!));
  if (values.length === 1 || values.length === length) return values;
  if (!affineAxes.every((axis) => axes.includes(axis))) return undefined;
  const stored = shape.map((size, axis) => (affineAxes.includes(axis) ? size : 1));
  const strides = axes.map((axis) => (affineAxes.includes(axis) ? elementCount(stored.slice(axis + 1)) : 0));
  const places = axes.reduce<number[]>((known, axis, position) => known.flatMap((place) => Array.from({ length: shape[axis]! }, (_, index) => place + strides[position]! * index)), [0]);
  return Float32Array.from(places, (place) => values[place]!);
}
